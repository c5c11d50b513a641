/**
A bounded number of places that callers wait for, first come first served. The bound may move while they wait.
*/
export class Window {
	#limit: number;
	#taken = 0;
	readonly #waiting: (() => void)[] = [];

	constructor(limit: number) {
		this.#limit = limit;
	}

	get taken(): number {
		return this.#taken;
	}

	get limit(): number {
		return this.#limit;
	}

	set limit(limit: number) {
		this.#limit = limit;
		this.#admit();
	}

	/** Resolves when a place is free; rejects with the signal's reason. */
	async acquire(signal: AbortSignal): Promise<void> {
		signal.throwIfAborted();
		if (this.#taken < this.#limit) {
			this.#taken += 1;
			return;
		}

		await new Promise<void>((resolve, reject) => {
			const enter = () => {
				signal.removeEventListener('abort', leave);
				resolve();
			};
			const leave = () => {
				this.#waiting.splice(this.#waiting.indexOf(enter), 1);
				reject(signal.reason);
			};
			signal.addEventListener('abort', leave, {once: true});
			this.#waiting.push(enter);
		});
	}

	release(places = 1): void {
		this.#taken -= places;
		this.#admit();
	}

	#admit(): void {
		while (this.#taken < this.#limit) {
			const enter = this.#waiting.shift();
			if (enter === undefined) {
				return;
			}

			this.#taken += 1;
			enter();
		}
	}
}
