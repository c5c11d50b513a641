import type {Clock} from '../clock.ts';
import type {Api} from '../cluster/api.ts';
import {createConfigMap} from '../cluster/config-maps.ts';
import {admitProbe} from './admission.ts';
import {Launches} from './launches.ts';
import {lingeringSignal} from './lingering-signal.ts';
import {probePod, scriptConfigMap} from './probe-pod.ts';
import {ProbeRun} from './probe-run.ts';
import {removeRun} from './remove-run.ts';
import type {ProbeOutcome, ProbeTarget, Transport} from './transport.ts';

export type PodTransportOptions = {
	readonly api: Api;
	readonly namespace: string;
	/** From `--image`; without it nothing is pulled where a node holds an image that will do. */
	readonly image: string | undefined;
	readonly pullSecret: string | undefined;
	/** Milliseconds that one node may take. */
	readonly timeout: number;
	/** Ten characters of [a-z0-9] that no other run has. */
	readonly run: string;
	readonly script: string;
	readonly clock: Clock;
	readonly onNotice: (message: string) => void;
};

/** Asks nodes through a probe pod on each; every answer comes over one shared watch. */
export function podTransport(options: PodTransportOptions): Transport {
	return {
		async probe(targets, onOutcome, signal) {
			const launches = await Launches.choose(targets, options, signal);
			const possible = targets.filter(target => {
				const isPossible = launches.of(target) !== undefined;
				if (!isPossible) {
					onOutcome({node: target.node, unknown: noImage(target)});
				}

				return isPossible;
			});
			await probeAll(possible, launches, options, onOutcome, signal);
		},
	};
}

function noImage({osImage}: ProbeTarget): string {
	return `no image on the node is known to run the probe on ${osImage || 'this operating system'}; name one that holds sh and chroot with --image`;
}

async function probeAll(
	targets: readonly ProbeTarget[],
	launches: Launches,
	options: PodTransportOptions,
	onOutcome: (outcome: ProbeOutcome) => void,
	signal: AbortSignal,
): Promise<void> {
	const first = targets[0];
	if (first === undefined) {
		return;
	}

	const {api, namespace, run, clock} = options;
	const podFor = (target: ProbeTarget, index: number, configMap: {readonly name: string; readonly uid: string} | undefined) =>
		probePod({
			namespace,
			name: `cni-upgrade-${run}-${index}`,
			node: target.node,
			uid: target.uid,
			runtime: target.runtime,
			run,
			index,
			launch: launches.of(target) ?? {image: '', hostDirs: []},
			// An image that was chosen is on the node; one of that name from elsewhere is nobody's choice.
			pull: options.image !== undefined,
			pullSecret: options.pullSecret,
			deadlineSeconds: Math.ceil(options.timeout / 1000) + 30,
			configMap,
		});
	const resourceVersion = await admitProbe({
		api,
		namespace,
		run,
		pod: podFor(first, 0, undefined),
		onNotice: options.onNotice,
		signal,
	});
	signal.throwIfAborted();
	try {
		const configMap = await createConfigMap(api, scriptConfigMap(namespace, run, options.script), lingeringSignal(signal));
		signal.throwIfAborted();
		await new ProbeRun({
			api,
			namespace,
			run,
			clock,
			timeout: options.timeout,
			onOutcome,
			podFor: (target, index) => podFor(target, index, configMap),
			chooseAnew: async (target, until) => launches.chooseAnew(target, until),
		}).probe(targets, resourceVersion, signal);
	} finally {
		await removeRun(api, namespace, run, options.onNotice);
	}
}
