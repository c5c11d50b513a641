import type {DrainEvent} from '../drain/outcome.ts';
import {titleOf} from '../plan/steps.ts';
import type {RunEvent} from './events.ts';
import type {Outcome} from './outcome.ts';
import {type ProofItem, proofTitles} from './proof/proof.ts';

/** The evidence of a run: plain JSON for a change ticket. It only grows. */
export type RunRecord = {
	readonly apiVersion: 'cni-upgrade/v1';
	readonly kind: 'UpgradeRecord';
	readonly node: string;
	readonly uid: string;
	readonly run: string;
	readonly by: string;
	/** RFC 3339 in UTC. */
	readonly began: string;
	readonly ended: string;
	readonly outcome: Outcome['kind'] | 'failed';
	readonly why: string;
	readonly changes: readonly string[];
	readonly proof: readonly (ProofItem & {readonly title: string})[];
	readonly steps: readonly {
		readonly step: string;
		readonly title: string;
		readonly state: string;
		readonly at: string;
		readonly detail: string;
	}[];
	readonly pods: readonly {readonly namespace: string; readonly name: string; readonly goneAfterSeconds: number | null}[];
	readonly times: readonly string[];
};

type Seen = {
	readonly steps: (Extract<RunEvent, {readonly type: 'step'}> & {readonly seenAt: number})[];
	readonly proof: ProofItem[];
	readonly pods: Map<string, {namespace: string; name: string; since: number; gone: number | undefined}>;
};

/** Keeps what happens, so that it can be told at the end. */
export class Recorder {
	readonly #seen: Seen = {steps: [], proof: [], pods: new Map()};
	readonly #now: () => number;
	readonly began: number;

	/** @param now - Milliseconds since 1970. */
	constructor(now: () => number) {
		this.#now = now;
		this.began = now();
	}

	take(event: RunEvent): void {
		if (event.type === 'step') {
			this.#seen.steps.push({...event, seenAt: this.#now()});
		} else if (event.type === 'proof') {
			this.#seen.proof.push(event.item);
		} else if (event.type === 'drain') {
			this.#takeDrain(event.event);
		}
	}

	/** Milliseconds since this step last began, on the clock of its side. */
	took(step: string, at: number): number | undefined {
		const begin = this.#seen.steps.findLast(event => event.step === step && (event.state === 'begin' || event.state === 'back'));
		return begin === undefined ? undefined : Math.max(0, at - begin.at);
	}

	get proof(): readonly ProofItem[] {
		return this.#seen.proof;
	}

	/** How long the node was closed to pods, its kubelet stopped, and its pods on their way out. */
	times(): readonly string[] {
		const {pods} = this.#seen;
		const cordon = this.#at('cordon', 'done');
		const uncordon = this.#at('uncordon', 'done');
		const stop = this.#at('stop-kubelet', 'begin');
		const start = this.#at('start-kubelet', 'done') ?? this.#at('stop-kubelet', 'taken-back');
		const ready = this.#at('ready', 'done');
		const sandboxes = this.#at('stop-sandboxes', 'begin');
		const gone = [...pods.values()].flatMap(pod => (pod.gone === undefined ? [] : [pod.gone - pod.since]));
		return [
			...(gone.length === 0
				? []
				: [
						`${gone.length} ${gone.length === 1 ? 'pod' : 'pods'} evicted, gone after ${span(Math.min(...gone), Math.max(...gone))}`,
					]),
			...between('the node was cordoned', cordon, uncordon),
			...between('its kubelet was stopped', stop, start),
			...between('pods that stayed were without the pod network', sandboxes, ready),
		];
	}

	/** All of it, once the run is over. */
	record(base: Pick<RunRecord, 'node' | 'uid' | 'run' | 'by' | 'outcome' | 'why' | 'changes'>): RunRecord {
		const iso = (ms: number) => new Date(ms).toISOString();
		return {
			apiVersion: 'cni-upgrade/v1',
			kind: 'UpgradeRecord',
			...base,
			began: iso(this.began),
			ended: iso(this.#now()),
			proof: this.proof.map(item => ({...item, title: proofTitles[item.id]})),
			steps: this.#seen.steps.map(({step, state, at, detail}) => ({
				step,
				title: titleOf(step),
				state,
				at: iso(at),
				detail,
			})),
			pods: [...this.#seen.pods.values()].map(({namespace, name, since, gone}) => ({
				namespace,
				name,
				goneAfterSeconds: gone === undefined ? null : Math.round((gone - since) / 100) / 10,
			})),
			times: this.times(),
		};
	}

	/** By this machine's clock for our own steps, by the node's for its own. */
	#at(step: string, state: string): number | undefined {
		return this.#seen.steps.findLast(event => event.step === step && event.state === state)?.at;
	}

	#takeDrain(event: DrainEvent): void {
		if (event.type !== 'evicting' && event.type !== 'gone') {
			return;
		}

		const {namespace, name, uid} = event.pod;
		const known = this.#seen.pods.get(uid) ?? {namespace, name, since: this.#now(), gone: undefined};
		this.#seen.pods.set(uid, event.type === 'gone' ? {...known, gone: this.#now()} : known);
	}
}

function between(what: string, from: number | undefined, to: number | undefined): readonly string[] {
	return from === undefined || to === undefined || to < from ? [] : [`${what} for ${seconds(to - from)}`];
}

function span(least: number, most: number): string {
	return seconds(least) === seconds(most) ? seconds(most) : `${seconds(least)} to ${seconds(most)}`;
}

function seconds(ms: number): string {
	return ms < 1000 ? 'less than 1 s' : ms < 10_000 ? `${(ms / 1000).toFixed(1)} s` : `${Math.round(ms / 1000)} s`;
}
