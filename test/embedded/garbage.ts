import {deleteObject} from './deletion.ts';
import {type KubeObject, keyOf} from './objects.ts';
import {type Resource, resources} from './resources.ts';
import type {Store} from './store.ts';

/**
The two controllers without which nothing would ever go: garbage collection by ownerReferences (also of objects whose owner
never was), and the emptying of namespaces that are being deleted. Both act a moment later, as the real ones do.
*/
export class GarbageCollector {
	readonly #store: Store;
	readonly #uids = new Set<string>();
	/** What an owner's uid owns, by resource and key. */
	readonly #owned = new Map<string, Map<string, {readonly row: Resource; readonly key: string}>>();
	readonly #stops: (() => void)[] = [];
	readonly #due: (() => void)[] = [];
	readonly #dueNamespaces = new Set<string>();
	#immediate: NodeJS.Immediate | undefined;

	constructor(store: Store) {
		this.#store = store;
		for (const row of resources) {
			for (const {metadata} of store.list(row.resource)) {
				this.#uids.add(metadata.uid);
			}

			this.#stops.push(
				store.subscribe(row.resource, ({type, object}) => {
					if (type === 'ADDED') {
						this.#added(row, object);
					} else if (type === 'DELETED') {
						this.#deleted(row, object);
					} else if (row.resource === 'namespaces' && object.metadata.deletionTimestamp !== undefined) {
						this.#emptyLater(object.metadata.name);
					}
				}),
			);
		}
	}

	stop(): void {
		clearImmediate(this.#immediate);
		for (const stop of this.#stops) {
			stop();
		}
	}

	#added(row: Resource, {metadata}: KubeObject): void {
		const {uid, ownerReferences = []} = metadata;
		const key = keyOf(metadata);
		this.#uids.add(uid);
		for (const owner of ownerReferences) {
			const owned = this.#owned.get(owner.uid) ?? new Map();
			this.#owned.set(owner.uid, owned.set(`${row.resource} ${key}`, {row, key}));
		}

		if (ownerReferences.length > 0) {
			this.#later(() => this.#removeUnlessOwned(row, key));
		}
	}

	#deleted(row: Resource, {metadata}: KubeObject): void {
		const {uid, ownerReferences = []} = metadata;
		this.#uids.delete(uid);
		for (const owner of ownerReferences) {
			this.#owned.get(owner.uid)?.delete(`${row.resource} ${keyOf(metadata)}`);
		}

		for (const {row: ownedRow, key} of this.#owned.get(uid)?.values() ?? []) {
			this.#later(() => this.#removeUnlessOwned(ownedRow, key));
		}

		this.#owned.delete(uid);
		const namespace = metadata.namespace === undefined ? undefined : this.#store.get('namespaces', metadata.namespace);
		if (namespace?.metadata.deletionTimestamp !== undefined) {
			this.#emptyLater(namespace.metadata.name);
		}
	}

	#removeUnlessOwned(row: Resource, key: string): void {
		const object = this.#store.get(row.resource, key);
		const owners = object?.metadata.ownerReferences ?? [];
		if (object !== undefined && !owners.some(({uid}) => this.#uids.has(uid))) {
			deleteObject(this.#store, row, object);
		}
	}

	#emptyLater(namespace: string): void {
		if (!this.#dueNamespaces.has(namespace)) {
			this.#dueNamespaces.add(namespace);
			this.#later(() => this.#empty(namespace));
		}
	}

	#empty(namespace: string): void {
		this.#dueNamespaces.delete(namespace);
		const content = resources.filter(({namespaced}) => namespaced);
		for (const row of content) {
			for (const object of this.#store.list(row.resource, namespace)) {
				deleteObject(this.#store, row, object);
			}
		}

		if (content.every(({resource}) => this.#store.list(resource, namespace).length === 0)) {
			this.#store.remove('namespaces', namespace);
		}
	}

	#later(act: () => void): void {
		this.#due.push(act);
		this.#immediate ??= setImmediate(() => {
			this.#immediate = undefined;
			for (const act of this.#due.splice(0)) {
				act();
			}
		});
	}
}
