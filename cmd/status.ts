import {findNodes} from '../lib/cluster/nodes.ts';
import {getNode, type NodeObject} from '../lib/cluster/nodes-write.ts';
import {type ExitCode, exitCode} from '../lib/errors.ts';
import {paletteFor} from '../lib/print/colour.ts';
import {formatJson} from '../lib/print/json.ts';
import {formatStatus, formatStatusTable} from '../lib/print/status.ts';
import {formatYaml} from '../lib/print/yaml.ts';
import {readHeldRun} from '../lib/run/held-run.ts';
import {type KnownOfNode, nodeStatus} from '../lib/run/node-status.ts';
import {pointerAnnotation, readPointer} from '../lib/run/pointer.ts';
import {ShellLost} from '../lib/transport/node-shell.ts';
import {type Arguments, defineCommand} from './command.ts';
import {connectWith} from './connection.ts';
import {connectionOptions} from './connection-options.ts';
import type {Context} from './context.ts';
import {nodeWayOptions} from './node-options.ts';
import {checkNodeFlags, withSession} from './node-session.ts';
import {sshOptions} from './ssh-options.ts';

const options = {
	output: {
		kind: 'string',
		short: 'o',
		value: 'FORMAT',
		choices: ['text', 'json', 'yaml'],
		default: 'text',
		summary: 'Output format',
	},
	...nodeWayOptions,
	...sshOptions,
	...connectionOptions,
} as const;

export const status = defineCommand({
	description: `Says which nodes have an unfinished upgrade, as the API knows; of one node also what its own journal says, step by step, and
what to do next. Nothing is changed.`,
	examples: [
		{comment: 'Every unfinished upgrade of the cluster', command: 'kubectl cni-upgrade status'},
		{comment: 'Where one node stands', command: 'kubectl cni-upgrade status worker-1'},
	],
	operands: {usage: '[NODE]', min: 0, max: 1},
	options,
	async run(args, context): Promise<ExitCode> {
		return args.operands.length === 0 ? statusOfAll(args, context) : statusOfOne(args, context);
	},
});

type StatusArguments = Arguments<typeof options>;

async function statusOfAll(args: StatusArguments, context: Context): Promise<ExitCode> {
	const {stdout, signal} = context;
	const api = await connectWith(args, context);
	try {
		const rows = await findNodes(api, {names: [], detail: 'metadata', signal});
		const runs = rows.flatMap(row => {
			const pointer = readPointer(row.annotations?.[pointerAnnotation]);
			return pointer === undefined ? [] : [{node: row.name, ...pointer}];
		});
		stdout.write(
			print(args.output, {apiVersion: 'cni-upgrade/v1', kind: 'UpgradeStatusList', runs}, () => formatStatusTable(runs)),
		);
		return exitCode.ok;
	} finally {
		api.close();
	}
}

async function statusOfOne(args: StatusArguments, context: Context): Promise<ExitCode> {
	const name = checkNodeFlags(args, 'status');
	try {
		return await withSession(name, args, context, async ({api, node, agent}) => {
			const seen = await getNode(api, node.name, context.signal);
			let held = await readHeldRun(agent, '-', context.signal);
			const shown = held.current ?? held.newestFinished;
			if (held.current === undefined && shown !== undefined) {
				held = {...held, ...(await readHeldRun(agent, shown, context.signal)), current: undefined};
			}

			return show(args, context, {...whatApiKnows(node.name, seen), held, run: shown});
		});
	} catch (error) {
		if (error instanceof ShellLost) {
			return statusOfSilent(name, args, context, error);
		}

		throw error;
	}
}

/** While a node works alone it cannot be heard by pod: the API still has the pointer. */
async function statusOfSilent(name: string, args: StatusArguments, context: Context, cause: ShellLost): Promise<ExitCode> {
	const api = await connectWith(args, context);
	try {
		const seen = await getNode(api, name, context.signal);
		return show(args, context, {...whatApiKnows(name, seen), silence: cause.message});
	} finally {
		api.close();
	}
}

function whatApiKnows(node: string, seen: NodeObject | undefined) {
	return {node, cordoned: seen?.unschedulable === true, pointer: readPointer(seen?.annotations[pointerAnnotation])};
}

function show(args: StatusArguments, {stdout, env}: Context, known: KnownOfNode): ExitCode {
	const value = nodeStatus(known);
	stdout.write(print(args.output, value, () => formatStatus(value, paletteFor(stdout, env))));
	return exitCode.ok;
}

function print(format: string, value: unknown, text: () => string): string {
	return format === 'json' ? formatJson(value) : format === 'yaml' ? formatYaml(value) : text();
}
