import type {Clock} from '../clock.ts';

/** Milliseconds in which those who want to look are gathered for one request. */
const gatherTime = 250;

type List = (indices: readonly number[], signal: AbortSignal) => Promise<void>;

/**
A look at pods by a list before they are given up: the watch that should tell of them may hang on a connection that is dead and does
not know it yet. Those who ask at about the same time share one request, and there is only one at a time.
*/
export class SecondLook {
	readonly #list: List;
	readonly #clock: Clock;
	#wanted = new Set<number>();
	#next: Promise<void> | undefined;
	#last: Promise<void> = Promise.resolve();

	/** `list` asks for the pods of these indices and tells what it sees to those who wait for them. */
	constructor(clock: Clock, list: List) {
		this.#clock = clock;
		this.#list = list;
	}

	/** Settles when the pod was looked at. The signal is the run's: whoever asks first may not need to know any more. */
	async at(index: number, signal: AbortSignal): Promise<void> {
		this.#wanted.add(index);
		this.#next ??= this.#gather(signal);
		await this.#next;
	}

	async #gather(signal: AbortSignal): Promise<void> {
		const before = this.#last;
		this.#last = (async () => {
			await this.#clock.sleep(gatherTime, signal);
			await before.catch(() => undefined); // Which those were told who waited for it.
			const wanted = [...this.#wanted];
			this.#wanted = new Set();
			this.#next = undefined;
			await this.#list(wanted, signal);
		})();
		return this.#last;
	}
}
