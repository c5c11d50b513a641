import {UserError} from '../errors.ts';
import type {Api} from './api.ts';
import {ApiError} from './errors.ts';
import type {JsonObject} from './json.ts';
import {type NodeObject, nodeObjectOf} from './node-object.ts';
import {oneKind} from './paging.ts';

export type {NodeObject} from './node-object.ts';

/** A node of this name is another machine now than the one that was meant, or none. */
export class NodeGone extends UserError {}

export type NodeRef = {
	readonly name: string;
	/** Nothing is changed on a node of another uid. */
	readonly uid: string;
};

/** Annotations to set, or to remove where they are null. */
export type Annotations = Readonly<Record<string, string | null>>;

/** Changes that somebody else made at the same moment, after which it is tried again: a kubelet writes its status every few seconds. */
const mostConflicts = 20;

/** Undefined where there is none of that name. */
export async function getNode(api: Api, name: string, signal: AbortSignal): Promise<NodeObject | undefined> {
	try {
		const {json} = await api.request({path: nodePath(name), signal});
		return nodeObjectOf(oneKind(api, json, ['Node']));
	} catch (error) {
		if (error instanceof ApiError && error.status === 404) {
			return undefined;
		}

		throw error;
	}
}

export type SetUnschedulable = {
	readonly node: NodeRef;
	readonly value: boolean;
	/**
	Set in the same write. Where they say which run did it, a write whose answer was lost is told from one of somebody else; without
	them it counts as somebody else's.
	*/
	readonly annotations?: Annotations;
	readonly signal: AbortSignal;
};

/**
Cordons or uncordons a node, as it was seen at the moment of writing. `before`: it was so already, and nothing was written. Rejects with
`NodeGone` where the node is another one.
*/
export async function setUnschedulable(
	api: Api,
	{node, value, annotations = {}, signal}: SetUnschedulable,
): Promise<{readonly was: 'changed' | 'before'; readonly node: NodeObject}> {
	for (let conflicts = 0; ; conflicts += 1) {
		const seen = await requireNode(api, node, signal);
		if (seen.unschedulable === value) {
			const isOurs = isMarked(seen, annotations) && (conflicts > 0 || Object.values(annotations).some(text => text !== null));
			return {was: isOurs ? 'changed' : 'before', node: seen};
		}

		const metadata = {uid: node.uid, resourceVersion: seen.resourceVersion, annotations};
		try {
			return {was: 'changed', node: await patch(api, node, {metadata, spec: {unschedulable: value ? true : null}}, signal)};
		} catch (error) {
			if (!(error instanceof ApiError && error.status === 409) || conflicts >= mostConflicts) {
				throw error;
			}
		}
	}
}

function isMarked({annotations: seen}: NodeObject, annotations: Annotations): boolean {
	const marks = Object.entries(annotations);
	return marks.length > 0 && marks.every(([key, text]) => (seen[key] ?? null) === text);
}

/** Sets and removes annotations, whatever else changes about the node. Rejects with `NodeGone` where it is another one. */
export async function annotate(
	api: Api,
	{node, annotations, signal}: {readonly node: NodeRef; readonly annotations: Annotations; readonly signal: AbortSignal},
): Promise<NodeObject> {
	for (let conflicts = 0; ; conflicts += 1) {
		try {
			return await patch(api, node, {metadata: {uid: node.uid, annotations}}, signal);
		} catch (error) {
			if (!(error instanceof ApiError && error.status === 409) || conflicts >= mostConflicts) {
				throw error;
			}
		}
	}
}

/**
Removes one annotation; that there is none is fine, and so is that the node is gone or another one.
@public
*/
export async function removeAnnotation(
	api: Api,
	{node, key, signal}: {readonly node: NodeRef; readonly key: string; readonly signal: AbortSignal},
): Promise<void> {
	try {
		await annotate(api, {node, annotations: {[key]: null}, signal});
	} catch (error) {
		if (!(error instanceof NodeGone)) {
			throw error;
		}
	}
}

async function requireNode(api: Api, {name, uid}: NodeRef, signal: AbortSignal): Promise<NodeObject> {
	const node = await getNode(api, name, signal);
	if (node === undefined) {
		throw gone(name);
	}

	if (node.uid !== uid) {
		throw replaced(name);
	}

	return node;
}

async function patch(api: Api, {name}: NodeRef, body: JsonObject, signal: AbortSignal): Promise<NodeObject> {
	try {
		const {json} = await api.request({
			method: 'PATCH',
			path: nodePath(name),
			contentType: 'application/merge-patch+json',
			body,
			idempotent: true,
			signal,
		});
		return nodeObjectOf(oneKind(api, json, ['Node']));
	} catch (error) {
		if (error instanceof ApiError && error.status === 404) {
			throw gone(name);
		}

		// By a patch another uid is not a precondition that fails, but a change of a field that never changes.
		throw error instanceof ApiError && error.status === 422 && error.message.includes('metadata.uid') ? replaced(name) : error;
	}
}

function gone(name: string): NodeGone {
	return new NodeGone(`node/${name} is not there any more`, {
		remedy: 'Somebody or an autoscaler has removed it. See: kubectl get nodes',
	});
}

function replaced(name: string): NodeGone {
	return new NodeGone(`node/${name} is another machine now: its uid is not the one with which this began`, {
		remedy: `It was removed and joined anew meanwhile; nothing was changed on the new one. See: kubectl get node ${name} -o wide`,
	});
}

function nodePath(name: string): string {
	return `/api/v1/nodes/${encodeURIComponent(name)}`;
}
