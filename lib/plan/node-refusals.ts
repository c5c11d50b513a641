import {unknownFacts} from '../check/verdict.ts';
import {providerRow} from '../facts/providers.ts';
import {isUnknown, type Known} from '../facts/unknown.ts';
import {commandName} from '../version.ts';
import type {PlanInput} from './input.ts';
import type {Refusal} from './plan.ts';

/** Why nothing at all is done to this node, whatever was asked for. */
export function nodeRefusals(input: PlanInput): readonly Refusal[] {
	const found = rows.flatMap(row => row(input));
	return found.map(refusal => ({object: `node/${input.facts.node.name}`, ...refusal}));
}

type Row = (input: PlanInput) => readonly (Omit<Refusal, 'object'> & {readonly object?: string})[];

const lookAgain = `See why: ${commandName} preflight NODE, by pod or by --ssh.`;

const rows: readonly Row[] = [
	({facts: {node}}) =>
		isUnknown(node.os)
			? unknown('its operating system', node.os)
			: node.os === 'linux'
				? []
				: [
						{
							message: `its operating system is ${node.os}; expected linux`,
							remedy: 'Replace the node by one of a newer image.',
						},
					],
	({facts: {node}}) => {
		if (isUnknown(node.provider)) {
			return unknown('who runs its software', node.provider);
		}

		const provider = providerRow(node.provider);
		return node.provider === 'none'
			? []
			: [
					{
						message: `${provider?.title ?? node.provider} brings this node's software; expected a node whose operator installs it`,
						remedy: provider?.upgrade ?? 'Upgrade it as its provider says.',
					},
				];
	},
	({facts: {runtime}}) => {
		if (isUnknown(runtime.name)) {
			return [];
		}

		if (runtime.name === 'docker') {
			return [
				{
					object: 'runtime/docker',
					message:
						'the node uses Docker, by cri-dockerd or with kubenet, which take no config of containerd or CRI-O; expected containerd or CRI-O',
					remedy:
						'Move the node to containerd:\n  https://kubernetes.io/docs/tasks/administer-cluster/migrating-from-dockershim/change-runtime-containerd/',
				},
			];
		}

		return runtime.name === 'containerd' || runtime.name === 'cri-o'
			? []
			: [
					{
						object: `runtime/${runtime.name}`,
						message: 'how this runtime takes its configs is not known; expected containerd or CRI-O',
						remedy: 'Move the node to containerd or CRI-O.',
					},
				];
	},
	({facts: {node}}) => (isUnknown(node.uid) ? unknown('its uid', node.uid) : []),
	({facts: {node}}) =>
		isUnknown(node.ready)
			? unknown('whether it is Ready', node.ready)
			: node.ready.status === 'Unknown'
				? [
						{
							message:
								'its kubelet is silent (Ready is Unknown); expected one that answers, since nothing can be drained without',
							remedy: 'Start the node, or its kubelet, first.',
						},
					]
				: [],
	({controlPlane, request}) =>
		request.allowControlPlane
			? []
			: isUnknown(controlPlane)
				? unknown('whether it runs the control plane', controlPlane)
				: controlPlane
					? [
							{
								message: 'it runs the control plane; expected a node that runs workloads alone',
								remedy: 'Upgrade it last, and say that it may be: --allow-control-plane.',
							},
						]
					: [],
	({host}) =>
		isUnknown(host.systemd)
			? unknown('whether it runs systemd', host.systemd)
			: host.systemd
				? []
				: [
						{
							message:
								'it does not run systemd; expected systemd as PID 1, which carries the upgrade through when the network is away',
							remedy: 'Upgrade it by the steps that preflight names, by hand.',
						},
					],
	({facts}) => unknownFacts(facts).map(phrase => ({message: `${phrase}; expected it to be known`, remedy: lookAgain})),
];

function unknown(what: string, value: Known<unknown>): readonly Omit<Refusal, 'object'>[] {
	return [
		{
			message: `${what} is not known${isUnknown(value) ? ` (${value.unknown})` : ''}; expected it to be`,
			remedy: lookAgain,
		},
	];
}
