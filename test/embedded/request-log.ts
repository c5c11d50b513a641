import type {TLSSocket} from 'node:tls';

export type LoggedRequest = {
	user: string;
	readonly verb: string;
	readonly resource: string;
	readonly subresource: string;
	readonly namespace: string;
	readonly name: string;
	readonly path: string;
	/** The query as sent. */
	readonly query: string;
	readonly accept: string;
	readonly userAgent: string;
	/** 0: never answered. */
	status: number;
	/** Of the answer's body. */
	bytes: number;
};

/** Every request that came in, and the connections that they came over. */
export class RequestLog {
	readonly entries: LoggedRequest[] = [];
	/** Told of each request when its head has come, before it is looked at. */
	onReceived: ((entry: LoggedRequest) => void) | undefined;
	#connections = 0;
	#open = new Set<TLSSocket>();
	#peak = 0;

	/** TCP connections ever made. */
	get connections(): number {
		return this.#connections;
	}

	get openConnections(): number {
		return this.#open.size;
	}

	/** The most connections that were open at once. */
	get peakConnections(): number {
		return this.#peak;
	}

	/** How many requests have all these values; all of them where nothing is given. */
	count(filter: Partial<LoggedRequest> = {}): number {
		return this.filter(filter).length;
	}

	filter(filter: Partial<LoggedRequest>): readonly LoggedRequest[] {
		const wanted = Object.entries(filter);
		return this.entries.filter(entry => wanted.every(([field, value]) => entry[field as keyof LoggedRequest] === value));
	}

	/** Counts by `verb resource/subresource`, most first. */
	summary(): Readonly<Record<string, number>> {
		const counts = new Map<string, number>();
		for (const {verb, resource, subresource, path} of this.entries) {
			const key = `${verb} ${resource === '' ? path : resource}${subresource === '' ? '' : `/${subresource}`}`;
			counts.set(key, (counts.get(key) ?? 0) + 1);
		}

		return Object.fromEntries([...counts].sort(([, a], [, b]) => b - a));
	}

	get bytes(): number {
		return this.entries.reduce((sum, {bytes}) => sum + bytes, 0);
	}

	clear(): void {
		this.entries.length = 0;
		this.#connections = this.#open.size;
		this.#peak = this.#open.size;
	}

	received(entry: LoggedRequest): void {
		this.entries.push(entry);
		this.onReceived?.(entry);
	}

	opened(socket: TLSSocket): void {
		this.#connections += 1;
		this.#open.add(socket);
		this.#peak = Math.max(this.#peak, this.#open.size);
		socket.once('close', () => this.#open.delete(socket));
	}

	/** Cuts every open connection, as a load balancer does that is restarted. */
	cutConnections(): void {
		for (const socket of this.#open) {
			socket.destroy();
		}
	}
}
