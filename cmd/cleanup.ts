import {removeLeftovers} from '../lib/collect/leftovers.ts';
import {exitCode} from '../lib/errors.ts';
import {startProgress} from '../lib/print/progress.ts';
import {defineCommand} from './command.ts';
import {connectWith} from './connection.ts';
import {connectionOptions} from './connection-options.ts';
import {checked} from './grammar.ts';
import {withOwnRole} from './own-role.ts';
import {probeNamespaceOption} from './probe-options.ts';

export const cleanup = defineCommand({
	description: `Removes what interrupted runs left in the cluster: probe pods and the ConfigMaps with their script, found by their label. A run removes
its own on every way out, so there is something to do only where one was killed or lost its connection.

A run that is still going on is younger than --older-than and is let alone.`,
	examples: [
		{comment: 'Remove what is left of runs that began more than an hour ago', command: 'kubectl cni-upgrade cleanup'},
		{
			comment: 'Remove everything, and the namespace that was made for it',
			command: 'kubectl cni-upgrade cleanup --older-than 0 --delete-namespace',
		},
	],
	options: {
		namespace: {...probeNamespaceOption, summary: 'Where the probe pods ran'},
		'older-than': {kind: 'duration', value: 'DURATION', default: '1h', summary: 'How long ago a run must have begun'},
		'delete-namespace': {
			kind: 'boolean',
			summary: 'Delete the namespace too, if this plugin made it and nothing else is in it',
		},
		...connectionOptions,
	},
	async run(args, context) {
		const namespace = checked(args.namespace, 'namespace', 'cleanup');
		const api = await connectWith(args, context);
		const progress = await startProgress(context.stderr);
		try {
			const removed = await removeLeftovers(api, {
				namespace,
				olderThan: args['older-than'],
				deleteNamespace: args['delete-namespace'],
				clock: context.clock,
				signal: context.signal,
				onNotice: progress.note,
			});
			context.stdout.write(
				removed.length === 0 ? `nothing is left in namespace/${namespace}\n` : removed.map(name => `${name} deleted\n`).join(''),
			);
			return exitCode.ok;
		} catch (error) {
			throw withOwnRole(error, 'cleanup');
		} finally {
			progress.end();
			api.close();
		}
	},
});
