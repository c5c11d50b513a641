import type {Clock} from '../clock.ts';
import {messageOf} from '../errors.ts';
import type {Api} from './api.ts';
import {ApiError} from './errors.ts';
import type {NodeRef} from './nodes-write.ts';

/** What is told of a node where everybody looks: `kubectl describe node`, and whatever watches events. */
const types = {
	CNIUpgradeStarted: 'Normal',
	CNIUpgradeSucceeded: 'Normal',
	CNIUpgradeRolledBack: 'Warning',
	CNIUpgradeFailed: 'Warning',
} as const;

/** @public */
export type NodeEventReason = keyof typeof types;

export type NodeEvent = {
	readonly node: NodeRef;
	/** An event of one reason is written once a run. */
	readonly run: string;
	readonly reason: NodeEventReason;
	readonly message: string;
	readonly clock: Clock;
	readonly signal: AbortSignal;
	/** Told where it could not be written, which never ends a run. */
	readonly onNotice: (message: string) => void;
};

/** Bytes that the server takes (kubernetes/kubernetes, pkg/apis/core/validation/events.go, `NoteLengthLimit`, v1.34). */
const longestMessage = 1_024;

/** Milliseconds that one try may take. */
const timeout = 5_000;

/** Writes an event about a node, in the namespace where those of objects without a namespace have to be. Never rejects. */
export async function writeNodeEvent(api: Api, event: NodeEvent): Promise<void> {
	const {node, reason, signal, onNotice} = event;
	try {
		await api.request({
			method: 'POST',
			path: '/api/v1/namespaces/default/events',
			body: bodyOf(event),
			idempotent: true,
			tries: 3,
			timeout,
			signal,
		});
	} catch (error) {
		if (!(error instanceof ApiError && error.status === 409)) {
			onNotice(`the event ${reason} of node/${node.name} could not be written: ${messageOf(error)}`);
		}
	}
}

function shortened(message: string): string {
	const bytes = Buffer.from(message);
	// A character that was cut in two becomes a replacement, which is longer.
	return bytes.length > longestMessage
		? `${bytes
				.subarray(0, longestMessage - 3)
				.toString()
				.replace(/\ufffd+$/, '')}...`
		: message;
}

function bodyOf({node, run, reason, message, clock}: NodeEvent) {
	const time = new Date(clock.now()).toISOString().replace(/\.\d+Z$/, 'Z');
	const component = 'kubectl-cni-upgrade';
	return {
		apiVersion: 'v1',
		kind: 'Event',
		metadata: {namespace: 'default', name: `cni-upgrade-${run}.${reason.toLowerCase()}`},
		involvedObject: {apiVersion: 'v1', kind: 'Node', name: node.name, uid: node.uid},
		type: types[reason],
		reason,
		message: shortened(message),
		source: {component},
		reportingComponent: component,
		firstTimestamp: time,
		lastTimestamp: time,
		count: 1,
	};
}
