import type {Clock} from '../clock.ts';
import type {Api} from './api.ts';
import {asText, field} from './json.ts';
import {type NodeObject, nodeObjectOf} from './node-object.ts';
import {listAll} from './paging.ts';
import {type ObjectEvent, watchObjects} from './watch.ts';

/** What happens to one node. */
export type NodeChange =
	| {readonly type: 'changed'; readonly node: NodeObject}
	/** It was cordoned when it was last seen, and is not any more: somebody let pods on it again. */
	| {readonly type: 'uncordoned'; readonly node: NodeObject}
	/** Its object is gone. */
	| {readonly type: 'deleted'}
	/** Another machine has its name now. */
	| {readonly type: 'replaced'; readonly node: NodeObject};

export type WatchNode = {
	/** As it was last seen, from which on changes are told. */
	readonly node: NodeObject;
	readonly clock: Clock;
	readonly signal: AbortSignal;
	/** From 0 to 1. */
	readonly random?: () => number;
};

const path = '/api/v1/nodes';

/** Yields what happens to a node until the signal aborts. `deleted` and `replaced` come once each time that it is so. */
export async function* watchNode(api: Api, options: WatchNode): AsyncGenerator<NodeChange, never, undefined> {
	const {node, signal} = options;
	const query = {fieldSelector: `metadata.name=${node.name}`};
	const relist = async () => {
		const objects: unknown[] = [];
		const resourceVersion = await listAll(
			api,
			{path, query, kinds: ['NodeList'], signal, restart: () => objects.splice(0)},
			items => {
				objects.push(...items.map(item => ({...(item as object), kind: 'Node'})));
			},
		);
		return {objects, resourceVersion};
	};
	const seen = new SeenNode(node);
	const watch = {...options, resourceVersion: node.resourceVersion, path, query, kind: 'Node', what: `node/${node.name}`, relist};
	for await (const event of watchObjects(api, watch)) {
		yield* seen.take(event);
	}

	throw new Error('a watch has no end');
}

class SeenNode {
	readonly #name: string;
	readonly #uid: string;
	#unschedulable: boolean;
	/** The uid of what has the name now; undefined where nothing has. */
	#there: string | undefined;

	constructor({name, uid, unschedulable}: NodeObject) {
		this.#name = name;
		this.#uid = uid;
		this.#unschedulable = unschedulable;
		this.#there = uid;
	}

	take(event: ObjectEvent): readonly NodeChange[] {
		if (event.type === 'RELISTED') {
			return event.objects.length === 0 ? this.#gone() : [];
		}

		// The same event may come twice, and a server may send what was not asked for.
		if (asText(field(event.object, 'metadata', 'name')) !== this.#name) {
			return [];
		}

		const node = nodeObjectOf(event.object);
		return event.type === 'DELETED' ? (node.uid === this.#there ? this.#gone() : []) : this.#see(node);
	}

	#gone(): readonly NodeChange[] {
		const was = this.#there;
		this.#there = undefined;
		return was === undefined ? [] : [{type: 'deleted'}];
	}

	#see(node: NodeObject): readonly NodeChange[] {
		if (node.uid !== this.#uid) {
			const was = this.#there;
			this.#there = node.uid;
			return was === node.uid ? [] : [{type: 'replaced', node}];
		}

		const wasCordoned = this.#unschedulable;
		this.#unschedulable = node.unschedulable;
		return [{type: wasCordoned && !node.unschedulable ? 'uncordoned' : 'changed', node}];
	}
}
