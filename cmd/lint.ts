import {collectLocal} from '../lib/collect/local.ts';
import {parseRuntimeVersion} from '../lib/runtime/runtime-version.ts';
import {defineCommand} from './command.ts';
import {checkChoice, reportFacts} from './report-facts.ts';
import {reportOptions} from './report-options.ts';
import {usageError} from './usage-error.ts';

/** Milliseconds that one plugin may take to answer, as on a node. */
const pluginTimeout = 5000;

export const lint = defineCommand({
	description: `Judges files at hand with the checks of preflight, and asks no cluster: config lists, a conf dir with the order and precedence that
a runtime gives its files, or the facts that "preflight --save" kept. Each path is a node named "local".

With --runtime they are judged for that runtime. With --bin-dir the plugins in those directories are run with CNI_COMMAND=VERSION, as a
runtime would find them; only executables of this machine are, never scripts.`,
	examples: [
		{
			comment: 'One config list, as containerd 1.6.20 would take it',
			command: 'kubectl cni-upgrade lint 10-bridge.conflist --runtime containerd://1.6.20',
		},
		{
			comment: "This machine's own conf dir and plugins",
			command: 'kubectl cni-upgrade lint /etc/cni/net.d --bin-dir /opt/cni/bin',
		},
		{comment: 'Facts that were collected before', command: 'kubectl cni-upgrade lint facts.json'},
	],
	operands: {usage: 'PATH...', min: 1, max: Number.POSITIVE_INFINITY, complete: 'file'},
	options: {
		runtime: {
			kind: 'string',
			value: 'NAME://VERSION',
			summary: 'The container runtime to judge for, such as containerd://1.6.20 or cri-o://1.24.2',
		},
		'bin-dir': {
			kind: 'list',
			value: 'DIR',
			complete: 'file',
			summary: 'Directory of CNI plugins to ask; may be repeated, the first one wins',
		},
		...reportOptions,
	},
	async run(args, context) {
		checkChoice(args, 'lint');
		const facts = await collectLocal({
			paths: args.operands,
			runtime: args.runtime === undefined ? undefined : runtimeNamed(args.runtime),
			binDirs: args['bin-dir'],
			timeout: pluginTimeout,
			collectedAt: new Date(context.clock.now()).toISOString(),
			signal: context.signal,
		});
		const saved = facts.find(({via}) => via !== 'file');
		if (saved !== undefined && (args.runtime !== undefined || args['bin-dir'].length > 0)) {
			throw usageError(
				`${args.runtime === undefined ? '--bin-dir' : '--runtime'} has no effect on saved facts, such as those of node/${saved.node.name}: they say what the node itself has`,
				'lint',
			);
		}

		return reportFacts(facts, args, context);
	},
});

function runtimeNamed(text: string) {
	const runtime = parseRuntimeVersion(text);
	if (runtime === undefined || !/^\d/.test(runtime.version)) {
		throw usageError(
			`"${text}" names no runtime; expected NAME://VERSION as "kubectl get nodes -o wide" shows it, such as containerd://1.6.20`,
			'lint',
		);
	}

	return {name: runtime.name, version: runtime.version};
}
