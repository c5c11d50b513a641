import {isUnknown} from '../facts/unknown.ts';
import {releaseNumbers} from '../runtime/runtime-version.ts';
import type {Check, Outcome} from './check.ts';
import {docs} from './docs.ts';
import {runtimeTitle, validatorOf} from './effects.ts';
import {crioKeepsConfig} from './remedies.ts';
import {type Subject, subjectOf} from './subject.ts';
import {inLine, shellWord, withCommands} from './words.ts';

/** What the node shows: its conditions, its kubelet, and traces of pods that could not start or stop. */
export const nodeChecks: readonly Check[] = [
	{
		id: 'network-ready',
		title: 'the runtime says that its network is ready',
		why: 'The runtime reports NetworkReady as soon as it could load a config; it is no proof that pods get a network. That it is not ready is proof that they do not: the node is NotReady, and its message says which file could not be loaded. CRI-O says so until it is ready for the first time; what is lost later it does not report.',
		fix: 'See the findings on the config files of the node, mend them, and the runtime loads them at once.',
		doc: docs.nodeStatus,
		run: facts => networkNotReady(subjectOf(facts)),
	},
	{
		id: 'node-ready',
		title: 'the node is Ready',
		why: 'No new pod is put on a node that is not Ready, and after five minutes its pods are evicted. A kubelet that is silent may be stopped, cut off, or on a machine that is gone.',
		fix: 'See why: kubectl describe node NAME. On the node: systemctl status kubelet, journalctl -u kubelet.',
		doc: docs.nodeStatus,
		run: facts => notReady(subjectOf(facts)),
	},
	{
		id: 'kubelet-skew',
		title: 'the kubelet is at most three minor releases behind the newest',
		why: 'A kubelet may be three minor releases older than the API server (two before 1.25) and never newer. The newest kubelet of the cluster shows how new the API server is at least.',
		fix: 'Drain the node and upgrade its kubelet, one minor release at a time.',
		doc: docs.skew,
		run: facts => skewed(subjectOf(facts)),
	},
	{
		id: 'no-cni-errors-logged',
		title: "the journal has none of the docs page's two errors",
		why: `"incompatible CNI versions" is a plugin that refused its config's version; "the version is empty" is a runtime that could not tear down a pod of a config without one. Both in the last 24 hours say that it happens, whatever the files look like now.`,
		fix: 'See the findings on config and plugins. Where there are none, it has been mended since, or the runtime holds another config than the disk.',
		doc: docs.troubleshooting,
		run: facts => loggedErrors(subjectOf(facts)),
	},
	{
		id: 'sandboxes-stop',
		title: 'no pod sandbox is stuck',
		why: 'A sandbox whose DEL fails is tried again for ever: its pod stays in Terminating, its address stays taken. Sandboxes of finished pods are there too, until their pods are deleted, so that some are no trouble by themselves.',
		fix: 'Mend config or plugins: containerd then stops them by itself. CRI-O tears a pod down by the config with which it was started: it needs plugins that support that version or, where that is missing, CRI-O 1.24.2 or later.',
		doc: docs.troubleshooting,
		run: facts => stuckSandboxes(subjectOf(facts)),
	},
	{
		id: 'leases-in-use',
		title: 'every lease of host-local belongs to a sandbox',
		why: 'host-local keeps a file for each address. DEL removes it; where DEL failed, it stays, and the range runs out: "no IP addresses available in range set".',
		fix: 'On the drained node remove the files in /var/lib/cni/networks/NAME whose container is gone.',
		doc: docs.troubleshooting,
		run: facts => orphanedLeases(subjectOf(facts)),
	},
];

function networkNotReady({facts: {runtime, node}}: Subject): readonly Outcome[] {
	const {networkReady, lastLoadStatus} = runtime;
	if (isUnknown(networkReady) || networkReady.ready) {
		return [];
	}

	const last = isUnknown(lastLoadStatus) || lastLoadStatus === 'OK' ? '' : `; last load: ${lastLoadStatus}`;
	return [
		{
			severity: 'error',
			object: `node/${node.name}`,
			message: `NetworkReady is false: ${networkReady.message}${last}`,
			expected: 'NetworkReady true',
			effect: 'The node is NotReady: only pods of the host network start.',
			remedy: 'See the findings on the config files; the runtime loads them as soon as they are mended.',
		},
	];
}

function notReady({facts: {node}}: Subject): readonly Outcome[] {
	const {ready, name} = node;
	if (isUnknown(ready) || ready.status === 'True') {
		return [];
	}

	return [
		{
			severity: 'warning',
			object: `node/${name}`,
			message: ready.message === undefined ? 'the node is not Ready' : `the node is not Ready: ${ready.message}`,
			expected: 'Ready',
			effect: 'No new pod is put on it, and its pods are evicted.',
			remedy: withCommands('See why:', [`kubectl describe node ${shellWord(name)}`]),
		},
	];
}

function skewed({facts: {node}}: Subject): readonly Outcome[] {
	const {kubeletVersion, newestKubelet} = node;
	if (isUnknown(kubeletVersion) || isUnknown(newestKubelet)) {
		return [];
	}

	const [own, newest] = [releaseNumbers(kubeletVersion), releaseNumbers(newestKubelet)];
	if (own === undefined || newest === undefined || own[0] !== newest[0]) {
		return [];
	}

	const allowed = own[1] < 25 ? 2 : 3;
	if (newest[1] - own[1] <= allowed) {
		return [];
	}

	return [
		{
			severity: 'warning',
			object: `node/${node.name}`,
			message: `its kubelet is ${kubeletVersion}, the newest of the cluster ${newestKubelet}`,
			expected: `at most ${allowed} minor releases between them`,
			effect: 'The API server is at least as new as the newest kubelet; nobody tests such a pair.',
			remedy: `Drain the node and upgrade its kubelet to v${newest[0]}.${newest[1] - 3} or later, one minor release at a time.`,
		},
	];
}

/** Counts in steps: nodes with the same trouble read as one. */
function roughly(count: number): string {
	if (count < 2) {
		return 'once';
	}

	return count < 10 ? '2 to 9 times' : count < 100 ? '10 to 99 times' : '100 times or more';
}

function loggedErrors({facts}: Subject): readonly Outcome[] {
	const {journal, node} = facts;
	if (isUnknown(journal)) {
		return [];
	}

	const rows = [
		{
			...journal.incompatible,
			text: 'incompatible CNI versions',
			effect: 'A plugin refused the version of its config: pods did not start or stop.',
		},
		{
			...journal.emptyVersion,
			text: 'invalid version "": the version is empty',
			effect: 'The runtime could not tear down pods of a config without a version.',
		},
	];
	return rows
		.filter(({count}) => count > 0)
		.map(({count, last, text, effect}) => ({
			severity: 'warning',
			object: `node/${node.name}`,
			message: `its journal has "${text}" ${roughly(count)} in the last 24 hours`,
			expected: 'none',
			effect: `${effect}${last === null ? '' : ` The newest is of ${last}.`}`,
			remedy:
				'See the findings on config and plugins, and the pods that are not Running:\n  kubectl get pods --all-namespaces --field-selector spec.nodeName=' +
				shellWord(node.name),
		}));
}

/** Finished pods leave sandboxes too; only with an error in the journal, or none that the journal could tell, they are trouble. */
function stuckSandboxes(subject: Subject): readonly Outcome[] {
	const {facts, runtime} = subject;
	const {sandboxes, journal, node} = facts;
	if (isUnknown(sandboxes) || sandboxes.notReady.length === 0 || isUnknown(journal)) {
		return [];
	}

	if (journal.emptyVersion.count + journal.incompatible.count === 0) {
		return [];
	}

	const names = sandboxes.notReady.slice(0, 3).map(({namespace, name}) => `${namespace}/${name}`);
	const heals = validatorOf(subject) === undefined;
	return [
		{
			severity: 'warning',
			object: `node/${node.name}`,
			message: `sandboxes that are stopped are still there, and the journal says that some cannot be torn down (${roughly(sandboxes.notReady.length).replace('once', '1').replace(' times', '')})`,
			expected: 'none that cannot be torn down',
			effect: `Their pods stay in Terminating, among them perhaps ${names.join(', ')}.`,
			remedy: heals
				? `Mend config and plugins as the other findings say: ${runtimeTitle(runtime?.name ?? 'the runtime')} then stops them by itself.`
				: `Mend config and plugins as the other findings say.${runtime?.name === 'cri-o' ? ` ${crioKeepsConfig}` : ''}`,
		},
	];
}

function orphanedLeases({facts: {leases, node}}: Subject): readonly Outcome[] {
	return (isUnknown(leases) ? [] : leases)
		.filter(({orphans}) => !isUnknown(orphans) && orphans > 0)
		.map(({network}) => ({
			severity: 'info',
			object: `node/${node.name}`,
			message: `host-local holds leases of network "${network}" whose sandbox is gone`,
			expected: 'leases of sandboxes that are there',
			effect: 'Their addresses are lost to the range; where it runs out, pods do not start.',
			remedy: `Drain the node, and remove what is in /var/lib/cni/networks/${inLine(network)} and belongs to no container.`,
		}));
}
