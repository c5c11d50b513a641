import {messageOf} from '../errors.ts';
import {collectScript} from '../node-script/script.ts';
import {podTransport} from '../transport/pod.ts';
import {sshTransport} from '../transport/ssh.ts';
import type {ProbeOutcome, ProbeTarget} from '../transport/transport.ts';
import type {FleetOptions} from './fleet-options.ts';
import type {ApiHalf, NodeAnswer} from './join.ts';
import {otherMachine} from './same-machine.ts';
import type {Place, SshNode} from './ssh-place.ts';

/** All that is kept of a node's row: its labels and annotations are many times as long. */
export type Target = ProbeTarget & {readonly half: ApiHalf; readonly ssh: SshNode; readonly notAskable: string | undefined};

type Settle = (target: Target, answer: NodeAnswer) => void;

/** Asks every node through a probe pod on it. Settles each target once. */
export async function askByPod(targets: readonly Target[], options: FleetOptions, settle: Settle): Promise<void> {
	const {namespace, onEvent, signal} = options;
	onEvent({type: 'probing', nodes: targets.length, way: 'pod', namespace});
	const transport = podTransport({
		api: options.api,
		namespace,
		image: options.image,
		pullSecret: options.pullSecret,
		timeout: options.timeout,
		run: options.run,
		script: collectScript(),
		clock: options.clock,
		onNotice: message => onEvent({type: 'notice', message}),
	});
	await transport.probe(targets, byTarget(targets, 'pod', settle), signal);
}

/** Asks every node by SSH. Settles each target once. */
export async function askBySsh(targets: readonly Target[], options: FleetOptions, settle: Settle): Promise<void> {
	const {api, timeout, run, clock, signal, onEvent} = options;
	const {reach, sudo, placeOf} = await options.ssh.open();
	onEvent({type: 'probing', nodes: targets.length, way: 'ssh'});
	const nodes = new Map(targets.map(({node, ssh}) => [node, ssh]));
	const hostOf = ({node}: ProbeTarget): Place => {
		const ssh = nodes.get(node);
		return ssh === undefined ? {unknown: 'it is not in the list of nodes'} : placeOf(ssh);
	};
	const checks: Promise<void>[] = [];
	const checked: Settle = (target, answer) => {
		if ('unknown' in answer) {
			settle(target, answer);
			return;
		}

		const check = otherMachine(api, target.ssh, answer.records, signal)
			.catch((error: unknown) => `it could not be made sure that SSH led to this node: ${messageOf(error)}`)
			.then(reason => settle(target, reason === undefined ? answer : {via: 'ssh', unknown: reason}));
		checks.push(check);
	};
	const transport = sshTransport({reach, hostOf, sudo, timeout, run, script: collectScript(), clock});
	await transport.probe(targets, byTarget(targets, 'ssh', checked), signal);
	await Promise.all(checks);
}

/** By pod; then by SSH those that gave no answer, where it has been set up for them. */
export async function askEitherWay(targets: readonly Target[], options: FleetOptions, settle: Settle): Promise<void> {
	const silent = new Map<Target, string>();
	await askByPod(targets, options, (target, answer) => {
		if ('unknown' in answer) {
			silent.set(target, answer.unknown);
		} else {
			settle(target, answer);
		}
	});
	if (silent.size === 0) {
		return;
	}

	const {isConfigured} = await options.ssh.open();
	const reachable = [...silent.keys()].filter(({node}) => options.ssh.isAsked || isConfigured(node));
	for (const [target, reason] of silent) {
		if (!reachable.includes(target)) {
			settle(target, {via: 'pod', unknown: reason});
		}
	}

	if (reachable.length > 0) {
		await askBySsh(reachable, options, (target, answer) => {
			const reason = silent.get(target) ?? '';
			settle(target, 'unknown' in answer ? {...answer, unknown: `${reason}; by SSH: ${answer.unknown}`} : answer);
		});
	}
}

function byTarget(targets: readonly Target[], via: 'pod' | 'ssh', settle: Settle): (outcome: ProbeOutcome) => void {
	const byName = new Map(targets.map(target => [target.node, target]));
	return outcome => {
		const target = byName.get(outcome.node);
		if (target !== undefined) {
			settle(target, 'records' in outcome ? {via, records: outcome.records} : {via, unknown: outcome.unknown});
		}
	};
}
