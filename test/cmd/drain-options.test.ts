import test from 'ava';
import {toArguments} from '../../cmd/arguments.ts';
import {type Arguments, defineCommand} from '../../cmd/command.ts';
import {drainFlags, drainOptions} from '../../cmd/drain-options.ts';
import {parse} from '../../cmd/parse.ts';
import {spellOut} from '../../cmd/short-flags.ts';
import {defaults} from '../drain/pods.ts';

const command = defineCommand({description: '', examples: [], options: drainOptions, run: async () => 0});

const flagsOf = (...argv: string[]) => {
	const parsed = parse(spellOut(argv, drainOptions), drainOptions, 'node');
	return drainFlags(toArguments(command, 'node', drainOptions, parsed) as unknown as Arguments<typeof drainOptions>);
};

test("without flags kubectl's defaults hold", t => {
	t.deepEqual(flagsOf(), defaults);
});

test('each flag has its effect', t => {
	t.deepEqual(
		flagsOf(
			'--force',
			'--ignore-daemonsets',
			'--delete-emptydir-data',
			'--grace-period=900',
			'--timeout=1m30s',
			'--pod-selector=app=web',
			'--disable-eviction',
			'--skip-wait-for-delete-timeout=20',
			'--chunk-size=0',
		),
		{
			force: true,
			ignoreDaemonSets: true,
			deleteEmptyDirData: true,
			gracePeriodSeconds: 900,
			timeout: 90_000,
			podSelector: 'app=web',
			disableEviction: true,
			skipWaitForDeleteSeconds: 20,
			chunkSize: 0,
		},
	);
});

test('a negative grace period is one, however it is written, and nothing else may be negative', t => {
	t.is(flagsOf('--grace-period=-1').gracePeriodSeconds, -1);
	t.is(flagsOf('--grace-period', '-1').gracePeriodSeconds, -1);
	t.throws(() => flagsOf('--chunk-size=-1'), {message: /^invalid value "-1" for --chunk-size/});
	t.throws(() => flagsOf('--grace-period=soon'), {message: /^invalid value "soon" for --grace-period/});
});
