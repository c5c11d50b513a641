import {collectFleet} from '../lib/collect/fleet.ts';
import type {FleetEvent} from '../lib/collect/fleet-options.ts';
import {type ExitCode, UserError} from '../lib/errors.ts';
import type {NodeFacts} from '../lib/facts/node-facts.ts';
import {type Progress, startProgress} from '../lib/print/progress.ts';
import {type Arguments, defineCommand} from './command.ts';
import {connectWith} from './connection.ts';
import {connectionOptions} from './connection-options.ts';
import type {Context} from './context.ts';
import {checked} from './grammar.ts';
import {probeNamespaceOption, viaOption} from './probe-options.ts';
import {checkChoice, reportFacts} from './report-facts.ts';
import {reportOptions} from './report-options.ts';
import {newRunId} from './run-id.ts';
import {checkSavePath, saveFacts} from './save-facts.ts';
import {checkSshFlags, sshFor} from './ssh.ts';
import {sshOptions} from './ssh-options.ts';
import {usageError} from './usage-error.ts';

const options = {
	selector: {kind: 'string', short: 'l', value: 'SELECTOR', summary: 'Labels of the nodes to look at, such as pool=blue,zone!=b'},
	via: viaOption,
	namespace: probeNamespaceOption,
	image: {
		kind: 'string',
		value: 'IMAGE',
		summary: 'Image of the probe pods, with sh and chroot; without it one that the node holds already',
	},
	'image-pull-secret': {kind: 'string', value: 'NAME', summary: 'Secret in that namespace with which --image is pulled'},
	timeout: {kind: 'duration', value: 'DURATION', default: '60s', summary: 'Time that one node may take'},
	...reportOptions,
	save: {kind: 'string', value: 'FILE', complete: 'file', summary: 'Keep what was collected, for "lint FILE" later or elsewhere'},
	...sshOptions,
	...connectionOptions,
} as const;

export const preflight = defineCommand({
	description: `Looks at every node, or those named, and says which ones' pod network is broken, will break at the next runtime upgrade, or will
break when a pod is deleted, and why. Nothing on the nodes is changed.

A probe pod on each node reads the runtime's settings, the CNI configuration and what each plugin answers to VERSION. It is not
privileged, sees the node's files read-only, and is removed when its answer is there, also after Ctrl-C. With --via ssh the same script
comes by SSH, as ~/.ssh/config, known_hosts and your agent have it; auto takes SSH for nodes that a pod does not reach, where their names
are in ~/.ssh/config or a flag speaks of SSH. With --via api there are no pods: the report then says of the runtimes what the API knows.`,
	examples: [
		{comment: 'All nodes', command: 'kubectl cni-upgrade preflight'},
		{comment: 'Two nodes', command: 'kubectl cni-upgrade preflight worker-1 worker-2'},
		{comment: 'The nodes of a pool, for a script', command: 'kubectl cni-upgrade preflight -l pool=blue -o json'},
		{comment: 'Without a pod in the cluster', command: 'kubectl cni-upgrade preflight --via api'},
		{
			comment: 'By SSH through a jump host, for nodes whose kubelet is dead',
			command: 'kubectl cni-upgrade preflight worker-7 --via ssh --ssh-user ops --ssh-jump bastion.example.com',
		},
		{comment: 'Fail a pipeline on warnings as well', command: 'kubectl cni-upgrade preflight --fail-on warning'},
		{comment: 'Keep the facts and judge them again elsewhere', command: 'kubectl cni-upgrade preflight --save facts.json'},
	],
	operands: {usage: '[NODE...]', min: 0, max: Number.POSITIVE_INFINITY},
	options,
	async run(args, context): Promise<ExitCode> {
		const names = args.operands.map(name => checked(name.replace(/^nodes?\//, ''), 'node', 'preflight'));
		checkProbeFlags(args);
		checkSshFlags(args, 'preflight');
		checkChoice(args, 'preflight');
		if (args.save === '') {
			throw usageError('--save needs a file', 'preflight');
		}

		if (args.save !== undefined) {
			await checkSavePath(args.save);
		}

		const facts = await collect(names, args, context);
		// The report first: a disk that is full by now must not cost what the nodes said.
		const code = reportFacts(facts, args, context);
		if (args.save !== undefined) {
			await saveFacts(args.save, facts);
		}

		return code;
	},
});

function checkProbeFlags(args: Arguments<typeof options>): void {
	checked(args.namespace, 'namespace', 'preflight');
	if (args.image !== undefined) {
		checked(args.image, 'image', 'preflight');
	}

	if (args['image-pull-secret'] !== undefined) {
		checked(args['image-pull-secret'], 'object', 'preflight');
		if (args.image === undefined) {
			throw usageError('--image-pull-secret has no effect without --image: nothing is pulled', 'preflight');
		}
	}

	if (args.timeout < 1000) {
		throw usageError('--timeout must be at least 1s', 'preflight');
	}
}

async function collect(
	names: readonly string[],
	args: Arguments<typeof options>,
	context: Context,
): Promise<readonly NodeFacts[]> {
	const api = await connectWith(args, context);
	const progress = await startProgress(context.stderr);
	const ssh = sshFor(args, context, progress);
	try {
		const facts = await collectFleet({
			api,
			names,
			selector: args.selector,
			via: args.via,
			ssh,
			namespace: args.namespace,
			image: args.image,
			pullSecret: args['image-pull-secret'],
			timeout: args.timeout,
			run: newRunId(),
			clock: context.clock,
			signal: context.signal,
			onEvent: tell(progress),
		});
		if (facts.length === 0) {
			throw new UserError(
				args.selector === undefined ? 'the cluster has no nodes' : `no node has labels that match ${args.selector}`,
				{
					remedy: 'See which labels there are: kubectl get nodes --show-labels',
				},
			);
		}

		return facts;
	} finally {
		await ssh.close();
		progress.end();
		api.close();
		if (args.v > 0) {
			context.stderr.write(`${api.counts.requests} requests to ${api.server}, ${api.counts.throttled} throttled\n`);
		}
	}
}

/** What a person sees of a run while it goes on: beforehand how many pods where, then counts. */
function tell(progress: Progress): (event: FleetEvent) => void {
	let [done, unknown, total] = [0, 0, 0];
	return event => {
		if (event.type === 'notice') {
			progress.note(event.message);
		} else if (event.type === 'probing') {
			[done, unknown, total] = [0, 0, event.nodes];
			const nodes = `${total} ${total === 1 ? 'node' : 'nodes'}`;
			progress.note(
				event.way === 'ssh'
					? `asking ${nodes} by SSH`
					: `asking ${nodes} by a probe pod on each in namespace/${event.namespace ?? ''}`,
			);
			progress.count('nodes done', done, total);
		} else if (event.type === 'answered' || event.type === 'unknown') {
			done += 1;
			unknown += event.type === 'unknown' ? 1 : 0;
			progress.count(unknown === 0 ? 'nodes done' : `nodes done, ${unknown} without an answer:`, done, total);
		}
	};
}
