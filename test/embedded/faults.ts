import type {RequestInfo} from './request-info.ts';

/** What goes wrong with a watch. `after`: how many events are delivered before; 0 where it is left out. */
export type WatchFault =
	/** The version is too old: an ERROR event with status 410. */
	| {readonly kind: 'gone'; readonly after?: number}
	/** Nothing comes any more, and the connection stays open. */
	| {readonly kind: 'half-open'; readonly after?: number}
	| {readonly kind: 'reset'; readonly after?: number}
	| {readonly kind: 'close'; readonly after?: number}
	| {readonly kind: 'truncated-line'; readonly after?: number}
	| {readonly kind: 'bad-json'; readonly after?: number}
	/** Every event twice. */
	| {readonly kind: 'duplicates'; readonly after?: number}
	/** A line of at least so many bytes. */
	| {readonly kind: 'long-line'; readonly bytes: number; readonly after?: number};

/** What goes wrong with any request. */
export type RequestFault =
	| {
			readonly kind: 'status';
			readonly code: number;
			readonly reason?: string;
			readonly message?: string;
			readonly retryAfterSeconds?: number;
			/** `details.causes` of the refusal. */
			readonly causes?: readonly {readonly reason: string; readonly message: string}[];
			readonly html?: string;
	  }
	| {readonly kind: 'delay'; readonly ms: number}
	/** The connection is cut before the request is looked at. */
	| {readonly kind: 'reset-before'}
	/** The request is carried out, and the connection cut instead of the answer. */
	| {readonly kind: 'answer-lost'}
	/** The request is read and never answered. */
	| {readonly kind: 'no-answer'}
	/** Only the first half of the answer's body is sent, then the connection is cut. */
	| {readonly kind: 'truncated'};

export type FaultRule = {
	readonly fault: RequestFault | WatchFault;
	/** Matched where given. */
	readonly verb?: string;
	readonly resource?: string;
	readonly subresource?: string;
	readonly name?: string | RegExp;
	readonly user?: string;
	/** How many requests it strikes; default 1. `Infinity`: until it is removed. */
	readonly times?: number;
	/** How many matching requests pass before. */
	readonly skip?: number;
	/** Strikes that share of the matching requests, chosen by a fixed sequence. */
	readonly rate?: number;
};

type Armed = {readonly rule: FaultRule; left: number; skip: number; random: number};

const watchKinds: readonly string[] = [
	'gone',
	'half-open',
	'reset',
	'close',
	'truncated-line',
	'bad-json',
	'duplicates',
	'long-line',
];

/** The faults that are armed, and how often each struck. */
export class Faults {
	#armed: Armed[] = [];
	#struck = 0;

	/** How many requests were struck so far. */
	get struck(): number {
		return this.#struck;
	}

	/** Arms a fault; the function that it returns disarms it. */
	add(rule: FaultRule): () => void {
		const armed: Armed = {rule, left: rule.times ?? 1, skip: rule.skip ?? 0, random: 0x2545_f491};
		this.#armed.push(armed);
		return () => {
			this.#armed = this.#armed.filter(other => other !== armed);
		};
	}

	clear(): void {
		this.#armed = [];
	}

	/** The fault that strikes this request, if any. */
	take(info: RequestInfo, user: string): RequestFault | WatchFault | undefined {
		for (const armed of this.#armed) {
			if (armed.left > 0 && matches(armed.rule, info, user) && strikes(armed)) {
				armed.left -= 1;
				this.#struck += 1;
				return armed.rule.fault;
			}
		}

		return undefined;
	}
}

export function isWatchFault(fault: RequestFault | WatchFault | undefined): fault is WatchFault {
	return fault !== undefined && watchKinds.includes(fault.kind);
}

function matches({fault, verb, resource, subresource, name, user}: FaultRule, info: RequestInfo, userName: string): boolean {
	return (
		(!isWatchFault(fault) || info.verb === 'watch') &&
		(verb === undefined || verb === info.verb) &&
		(resource === undefined || resource === info.resource) &&
		(subresource === undefined || subresource === info.subresource) &&
		(user === undefined || user === userName) &&
		(name === undefined || (typeof name === 'string' ? name === info.name : name.test(info.name)))
	);
}

function strikes(armed: Armed): boolean {
	if (armed.skip > 0) {
		armed.skip -= 1;
		return false;
	}

	if (armed.rule.rate === undefined) {
		return true;
	}

	// xorshift32: the same requests are struck in every run.
	let value = armed.random;
	value ^= value << 13;
	value ^= value >>> 17;
	value ^= value << 5;
	armed.random = value;
	return (value >>> 0) / 2 ** 32 < armed.rule.rate;
}
