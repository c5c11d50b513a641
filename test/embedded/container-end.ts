import type {Pod} from './objects.ts';
import type {ContainerEnd, NodeFault, RecordedAnswer} from './simulated-node.ts';

/** How a container ends whose node only says what was recorded. The last two words of the probe's command are the run and the node's uid. */
export function recordedEnd(pod: Pod, answer: RecordedAnswer): ContainerEnd {
	const [run = '', uid = ''] = pod.spec.containers[0]?.command?.slice(-2) ?? [];
	const recorded = answer({node: pod.spec.nodeName ?? '', run, uid});
	return typeof recorded === 'string' ? {exitCode: 0, message: recorded, log: recorded} : recorded;
}

/** The end that a fault puts in the place of the container's own; undefined where none does. */
export function faultyEnd(faults: readonly NodeFault[]): ContainerEnd | undefined {
	for (const fault of faults) {
		if (fault.kind === 'oom-killed') {
			return {exitCode: 137, reason: 'OOMKilled', message: '', log: ''};
		}

		if (fault.kind === 'start-error') {
			return startError(fault.message);
		}
	}

	return undefined;
}

/** The runtime could not start it. */
export function startError(message: string): ContainerEnd {
	return {exitCode: 128, reason: 'StartError', message, log: ''};
}

/** Message and log as faults leave them. */
export function spoil(end: ContainerEnd, faults: readonly NodeFault[]): ContainerEnd {
	const spoiled = {...end};
	for (const fault of faults) {
		if (fault.kind === 'message') {
			spoiled.message = change(spoiled.message, fault.change);
		} else if (fault.kind === 'log') {
			spoiled.log = change(spoiled.log ?? '', fault.change);
		}
	}

	return spoiled;
}

/** Byte for byte: each byte is one character to the one who changes. */
function change(bytes: string | Buffer, how: (text: string) => string): Buffer {
	return Buffer.from(how(Buffer.from(bytes as string).toString('latin1')), 'latin1');
}
