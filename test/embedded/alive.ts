import type {Pod} from './objects.ts';
import type {Store} from './store.ts';

/** Counts the pods of the whole cluster as they come and go. */
export class Alive {
	#now = 0;
	#peak = 0;
	#made = 0;
	#unfinished = 0;
	#unfinishedPeak = 0;

	constructor(store: Store) {
		store.subscribe('pods', ({type, object, previous}) => {
			const was = previous !== undefined && isUnfinished(previous as Pod);
			const is = type !== 'DELETED' && isUnfinished(object as Pod);
			this.#now += type === 'ADDED' ? 1 : type === 'DELETED' ? -1 : 0;
			this.#made += type === 'ADDED' ? 1 : 0;
			this.#unfinished += Number(is) - Number(was);
			this.#peak = Math.max(this.#peak, this.#now);
			this.#unfinishedPeak = Math.max(this.#unfinishedPeak, this.#unfinished);
		});
	}

	/** Pod objects that there are. */
	get now(): number {
		return this.#now;
	}

	/** The most that there were at once. */
	get peak(): number {
		return this.#peak;
	}

	/** The most that were Pending or Running at once. */
	get unfinishedPeak(): number {
		return this.#unfinishedPeak;
	}

	/** Pods ever made. */
	get made(): number {
		return this.#made;
	}
}

function isUnfinished({status}: Pod): boolean {
	return status.phase !== 'Succeeded' && status.phase !== 'Failed';
}
