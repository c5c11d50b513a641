import type {PodGroup} from '../drain/filters.ts';
import type {DrainEvent, DrainOutcome} from '../drain/outcome.ts';
import type {PodRef} from '../drain/pod.ts';
import type {DrainPreview} from '../drain/preview.ts';
import type {Hindrance, Waiting} from '../drain/tracked-pod.ts';
import {escapeText} from './escape.ts';

/** A line for a person, and the stream that kubectl would write it to. */
export type DrainLine = {readonly to: 'stdout' | 'stderr'; readonly text: string};

/** What kubectl drain says of it (kubernetes/kubectl:pkg/drain/drain.go@v0.36.3), and behind that what it does not: which budget, what it needs, why a pod is stuck. */
export function drainLines(event: DrainEvent): readonly DrainLine[] {
	switch (event.type) {
		case 'warnings':
			return [err(`Warning: ${event.warnings.map(groupText).join('; ')}`)];
		case 'evicting':
			return event.how === 'evict' ? [out(`evicting pod ${keyText(event.pod)}`)] : [];
		case 'hindered':
			return [err(hinderedText(event))];
		case 'stuck':
			return [
				err(`pod/${event.pod.name} in namespace ${event.pod.namespace} is not gone: ${waitingText(event.waitsFor, event.pod)}`),
			];
		case 'skipped':
			return [out(event.text)];
		case 'gone':
			return [out(`pod/${event.pod.name} ${event.how === 'evict' ? 'evicted' : 'deleted'}`)];
		default:
			return [
				out(`pod/${event.pod.name} ${event.how === 'evict' ? 'eviction' : 'deletion'} failed`),
				err(`error when ${doing(event.how)} pods/"${event.pod.name}" -n "${event.pod.namespace}": ${event.message}`),
				...(event.remedy === undefined ? [] : [err(event.remedy)]),
			];
	}
}

/** How it ended, for `node/NODE`. `timeout` in milliseconds, as it was asked for. */
export function drainEndLines(outcome: DrainOutcome, node: string, timeout: number): readonly DrainLine[] {
	switch (outcome.kind) {
		case 'drained':
			return [out(`node/${node} drained`)];
		case 'refused':
			return outcome.errors.map(group => err(`error: cannot delete ${groupText(group)}`));
		default:
			return outcome.pending.map(({pod, isAccepted, waitsFor}) => {
				const what = isAccepted
					? `error when waiting for pod "${pod.name}" in namespace "${pod.namespace}" to terminate`
					: `error when evicting pods/"${pod.name}" -n "${pod.namespace}"`;
				return err(`${what}: global timeout reached: ${durationText(timeout)}; ${waitingText(waitsFor, pod)}`);
			});
	}
}

/** A pod of a preview that would not go now, and which budget holds it. Escaped. */
export function blockedText({pod, budget, message}: DrainPreview['blocked'][number]): string {
	const why = hindranceText({kind: 'budget', budget, message}, pod.namespace);
	return escapeText(`pod/${pod.name} in namespace ${pod.namespace}: ${why}`);
}

/** What a pod waits for, as the end of a sentence. Not escaped. */
function waitingText(waitsFor: Waiting, {namespace, name}: PodRef): string {
	switch (waitsFor.kind) {
		case 'answer':
			return 'its eviction has not been answered';
		case 'budget':
		case 'namespace':
			return hindranceText(waitsFor, namespace);
		case 'grace':
			return `${waitsFor.secondsLeft} s of its grace period are left${waitsFor.finalizers.length === 0 ? '' : `, and it has ${finalizersText(waitsFor.finalizers)}`}`;
		case 'finalizers':
			return `it has ended, but has ${finalizersText(waitsFor.finalizers)}, which its owner has to take off; see: kubectl -n ${namespace} get pod ${name} -o yaml`;
		default:
			return 'its grace period is over and the kubelet of its node does not say that it has ended: is the kubelet up, and the runtime?';
	}
}

function hinderedText({pod, how, afterMs, serverText, hindrance}: Extract<DrainEvent, {readonly type: 'hindered'}>): string {
	const retry = `(will retry after ${durationText(afterMs)})`;
	if (hindrance.kind === 'namespace') {
		return `error when ${doing(how)} pod "${pod.name}" from terminating namespace "${pod.namespace}" ${retry}: ${serverText}`;
	}

	const named = hindrance.budget === undefined ? '' : ` ${hindranceText(hindrance, pod.namespace)}`;
	return `error when ${doing(how)} pods/"${pod.name}" -n "${pod.namespace}" ${retry}: ${serverText}${named}`;
}

function hindranceText(hindrance: Hindrance, namespace: string): string {
	if (hindrance.kind === 'namespace') {
		return `namespace/${namespace} is being deleted and has not deleted it yet`;
	}

	const {budget, message} = hindrance;
	return budget === undefined ? message : `poddisruptionbudget/${budget} in namespace ${namespace} ${message}`;
}

function finalizersText(finalizers: readonly string[]): string {
	return `${finalizers.length === 1 ? 'the finalizer' : 'the finalizers'} ${finalizers.join(', ')}`;
}

function groupText({text, pods}: PodGroup): string {
	return `${text}: ${pods.map(keyText).join(', ')}`;
}

function keyText({namespace, name}: PodRef): string {
	return `${namespace}/${name}`;
}

function doing(how: 'evict' | 'delete'): string {
	return how === 'evict' ? 'evicting' : 'deleting';
}

/** As Go writes a duration: `1m0s`, `2.5s`. */
function durationText(ms: number): string {
	const [hours, minutes, seconds] = [Math.floor(ms / 3_600_000), Math.floor(ms / 60_000) % 60, (ms % 60_000) / 1000];
	return `${hours > 0 ? `${hours}h` : ''}${hours > 0 || minutes > 0 ? `${minutes}m` : ''}${seconds}s`;
}

function out(text: string): DrainLine {
	return {to: 'stdout', text: escapeText(text)};
}

function err(text: string): DrainLine {
	return {to: 'stderr', text: escapeText(text)};
}
