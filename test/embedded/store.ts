import {type KubeObject, keyOf} from './objects.ts';

export type StoreEvent = {
	readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
	readonly version: number;
	readonly object: KubeObject;
	/** The object before the change: a watch with a selector needs it to tell leaving from never having been seen. */
	readonly previous: KubeObject | undefined;
};

type Collection = {
	readonly objects: Map<string, KubeObject>;
	/** In order; undefined when an object came or went since it was made. */
	keys: string[] | undefined;
	history: StoreEvent[];
	/** Everything up to this version is forgotten. */
	floor: number;
	readonly listeners: Set<(event: StoreEvent) => void>;
	/** Lists that somebody pages through, by the version they show. */
	readonly snapshots: Map<number, readonly KubeObject[]>;
};

/** What was before is not remembered: a watch from there is told so. */
const firstVersion = 1000;

/** Lists remembered for those who page through them. */
const keptSnapshots = 8;

/**
All objects of the cluster, by the plural name of their resource, with one version counter over all of them (as etcd's
revision) and a bounded history of changes for each resource.
*/
export class Store {
	readonly #collections = new Map<string, Collection>();
	readonly #historySize: number;
	#version = firstVersion;

	constructor(options: {readonly historySize?: number} = {}) {
		this.#historySize = options.historySize ?? 5000;
	}

	get version(): number {
		return this.#version;
	}

	get(resource: string, key: string): KubeObject | undefined {
		return this.#collection(resource).objects.get(key);
	}

	has(resource: string, key: string): boolean {
		return this.#collection(resource).objects.has(key);
	}

	size(resource: string): number {
		return this.#collection(resource).objects.size;
	}

	/** Adds a new object; its key must be free. */
	create(resource: string, object: KubeObject): KubeObject {
		const collection = this.#collection(resource);
		collection.keys = undefined;
		return this.#put(collection, 'ADDED', object, undefined);
	}

	/** Puts what `change` makes of an object in its place. Undefined, and no change, where the object is gone. */
	update<T extends KubeObject>(resource: string, key: string, change: (object: T) => T): T | undefined {
		const collection = this.#collection(resource);
		const previous = collection.objects.get(key);
		return previous && (this.#put(collection, 'MODIFIED', change(previous as T), previous) as T);
	}

	/** Removes an object; the DELETED event carries its last state. */
	remove(resource: string, key: string): KubeObject | undefined {
		const collection = this.#collection(resource);
		const previous = collection.objects.get(key);
		if (previous === undefined) {
			return undefined;
		}

		collection.objects.delete(key);
		collection.keys = undefined;
		const object = this.#stamp(previous);
		this.#tell(collection, {type: 'DELETED', version: this.#version, object, previous});
		return object;
	}

	/** In the order of their keys; of one namespace, or of all. */
	list(resource: string, namespace = ''): readonly KubeObject[] {
		const collection = this.#collection(resource);
		collection.keys ??= [...collection.objects.keys()].sort();
		const objects = collection.keys.flatMap(key => collection.objects.get(key) ?? []);
		return namespace === '' ? objects : objects.filter(({metadata}) => metadata.namespace === namespace);
	}

	/** Remembers a list as it is at this version, for those who will page through it. */
	keepSnapshot(resource: string, objects: readonly KubeObject[]): void {
		const {snapshots} = this.#collection(resource);
		snapshots.set(this.#version, objects);
		for (const version of snapshots.keys()) {
			if (snapshots.size <= keptSnapshots) {
				break;
			}

			snapshots.delete(version);
		}
	}

	snapshot(resource: string, version: number): readonly KubeObject[] | undefined {
		return this.#collection(resource).snapshots.get(version);
	}

	/** Every change after a version; undefined when some of them are forgotten. */
	since(resource: string, version: number): readonly StoreEvent[] | undefined {
		const {history, floor} = this.#collection(resource);
		return version < floor ? undefined : history.slice(firstAfter(history, version));
	}

	/** The oldest version from which a watch can still go on. */
	floor(resource: string): number {
		return this.#collection(resource).floor;
	}

	/** Calls the listener on each change from now on, until the function that it returns is called. */
	subscribe(resource: string, listener: (event: StoreEvent) => void): () => void {
		const {listeners} = this.#collection(resource);
		listeners.add(listener);
		return () => {
			listeners.delete(listener);
		};
	}

	/** Forgets all history and all lists that are being paged through, as etcd's compaction does every five minutes. */
	compact(): void {
		this.#version += 1;
		for (const collection of this.#collections.values()) {
			collection.history = [];
			collection.floor = this.#version;
			collection.snapshots.clear();
		}
	}

	#put(collection: Collection, type: 'ADDED' | 'MODIFIED', unstamped: KubeObject, previous: KubeObject | undefined): KubeObject {
		const object = this.#stamp(unstamped);
		collection.objects.set(keyOf(object.metadata), object);
		this.#tell(collection, {type, version: this.#version, object, previous});
		return object;
	}

	#stamp(object: KubeObject): KubeObject {
		this.#version += 1;
		return {...object, metadata: {...object.metadata, resourceVersion: String(this.#version)}};
	}

	#tell(collection: Collection, event: StoreEvent): void {
		collection.history.push(event);
		if (collection.history.length > 2 * this.#historySize) {
			const dropped = collection.history.length - this.#historySize;
			collection.floor = collection.history[dropped - 1]?.version ?? collection.floor;
			collection.history = collection.history.slice(dropped);
		}

		for (const listener of collection.listeners) {
			listener(event);
		}
	}

	#collection(resource: string): Collection {
		let collection = this.#collections.get(resource);
		if (collection === undefined) {
			collection = {
				objects: new Map(),
				keys: undefined,
				history: [],
				floor: firstVersion,
				listeners: new Set(),
				snapshots: new Map(),
			};
			this.#collections.set(resource, collection);
		}

		return collection;
	}
}

/** Index of the first event after a version; events are in order. */
function firstAfter(history: readonly StoreEvent[], version: number): number {
	let low = 0;
	let high = history.length;
	while (low < high) {
		const middle = (low + high) >>> 1;
		if ((history[middle]?.version ?? 0) <= version) {
			low = middle + 1;
		} else {
			high = middle;
		}
	}

	return low;
}
