import {asList, asText, field} from '../cluster/json.ts';

/** What the shared watch says of one probe pod, reduced to what matters. */
export type PodState =
	/** Nobody on the node has taken it up yet. */
	| {readonly state: 'pending'}
	| {readonly state: 'started'}
	/** It ran to its end; the message is empty where the node wrote none. */
	| {readonly state: 'ended'; readonly exitCode: number; readonly message: string}
	/** It will not answer. `again`: another try may do better. `noImage`: one with another image may. */
	| {readonly state: 'failed'; readonly reason: string; readonly again: boolean; readonly noImage?: true};

/** What the pod is for. */
export type PodKind = 'probe' | 'act';

/** Characters of a reason or a message that reach the report. */
const longestText = 1_000;

/** Waiting reasons that end a probe; the kubelet would go on for ever. The first match is taken. */
const hopeless: readonly {
	readonly reason: RegExp;
	readonly says: (image: string, message: string, kind: PodKind) => string;
	readonly noImage?: true;
}[] = [
	{
		reason: /^(ImagePullBackOff|ErrImageNeverPull|ImageInspectError|InvalidImageName|RegistryUnavailable)$/,
		says: (image, message) => `image ${image} could not be had on this node: ${message}; name one that can be with --image`,
		noImage: true,
	},
	{
		reason: /^(CreateContainerConfigError|CreateContainerError|RunContainerError|PreCreateHookError)$/,
		says: (_image, message, kind) => startFailure(message, kind),
	},
];

/** Reads a pod's status as far as we care; nothing about its shape is certain. `image` and `kind` are for the words only. */
export function podState(pod: unknown, image: string, kind: PodKind = 'probe'): PodState {
	const status = field(pod, 'status');
	const container = field(asList(field(status, 'containerStatuses'))[0], 'state');
	const terminated = field(container, 'terminated');
	if (terminated !== undefined) {
		return endOf(terminated, kind);
	}

	if (field(status, 'phase') === 'Failed') {
		const reason = asText(field(status, 'reason')) || 'Failed';
		return {
			state: 'failed',
			again: reason !== 'DeadlineExceeded',
			reason: `the node refused or ended the ${kind} pod: ${phrase(reason, asText(field(status, 'message')))}`,
		};
	}

	const waiting = field(container, 'waiting');
	const why = asText(field(waiting, 'reason'));
	const row = hopeless.find(({reason}) => reason.test(why));
	if (row !== undefined) {
		const reason = row.says(image, phrase(why, asText(field(waiting, 'message'))), kind);
		return {state: 'failed', again: false, reason, ...(row.noImage && {noImage: true})};
	}

	return {state: field(status, 'startTime') === undefined ? 'pending' : 'started'};
}

function endOf(terminated: unknown, kind: PodKind): PodState {
	const reason = asText(field(terminated, 'reason'));
	const message = asText(field(terminated, 'message'));
	const exitCode = field(terminated, 'exitCode');
	if (reason === 'StartError' || reason === 'ContainerCannotRun') {
		return {state: 'failed', again: false, reason: startFailure(message, kind)};
	}

	if (reason === 'OOMKilled') {
		return {
			state: 'failed',
			again: true,
			reason: `the ${kind === 'probe' ? 'probe' : 'act pod'} was killed on the node for want of memory (OOMKilled)`,
		};
	}

	return {state: 'ended', exitCode: typeof exitCode === 'number' ? exitCode : -1, message};
}

/** Hosts without a shell (Talos, Bottlerocket) fail with the runtime's words for a missing file. */
function startFailure(message: string, kind: PodKind): string {
	return /\/bin\/sh|\bchroot\b/.test(message) && /no such file|not found/i.test(message)
		? kind === 'probe'
			? 'the node has no shell to run the probe in (as Talos and Bottlerocket); only its API half is known'
			: 'the node has no chroot and sleep to work with (as Talos and Bottlerocket)'
		: `the ${kind} container could not start: ${cut(message) || 'no reason given'}`;
}

function phrase(reason: string, message: string): string {
	return message === '' ? cut(reason) : `${cut(reason)}: ${cut(message)}`;
}

/** A kubelet may write what it likes into the status of its pods, up to a megabyte of it. */
function cut(whole: string): string {
	const text = whole.trim();
	return text.length > longestText ? `${text.slice(0, longestText)}…` : text;
}
