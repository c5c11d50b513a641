import {EventEmitter} from 'node:events';

type Piece = {readonly at: number; readonly bytes: Buffer};

/** What a container wrote, and when. */
export class ContainerLog {
	readonly #events = new EventEmitter().setMaxListeners(0);
	readonly #pieces: Piece[] = [];
	#isOver = false;

	/** Of a container that ended having written this. */
	static of(bytes: Buffer): ContainerLog {
		const log = new ContainerLog();
		log.append(bytes);
		log.end();
		return log;
	}

	append(bytes: Buffer): void {
		this.#pieces.push({at: Date.now(), bytes});
		this.#events.emit('more');
	}

	end(): void {
		this.#isOver = true;
		this.#events.emit('over');
	}

	get isOver(): boolean {
		return this.#isOver;
	}

	get bytes(): Buffer {
		return Buffer.concat(this.#pieces.map(({bytes}) => bytes));
	}

	/** Each line with its end, and the time of its last byte. */
	get lines(): readonly Piece[] {
		const lines: Piece[] = [];
		const open: Buffer[] = [];
		for (const {at, bytes} of this.#pieces) {
			const parts = bytes.toString('latin1').split(/(?<=\n)/);
			for (const part of parts) {
				open.push(Buffer.from(part, 'latin1'));
				if (part.endsWith('\n')) {
					lines.push({at, bytes: Buffer.concat(open.splice(0))});
				}
			}
		}

		const at = this.#pieces.at(-1)?.at ?? 0;
		return open.length === 0 ? lines : [...lines, {at, bytes: Buffer.concat(open)}];
	}

	/** Calls back at each piece from now on and at the end; at once where that has come. Returns how to stop. */
	follow(more: () => void, over: () => void): () => void {
		this.#events.on('more', more).once('over', over);
		if (this.#isOver) {
			over();
		}

		return () => this.#events.off('more', more).off('over', over);
	}
}
