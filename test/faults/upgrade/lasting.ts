import {writeFileSync} from 'node:fs';
import {join} from 'node:path';
import type {Machine} from '../../embedded/machine/machine.ts';
import type {Case} from './cases.ts';
import {journalLines, type Point, runsOn, type Scene} from './scene.ts';

const forever = Number.POSITIVE_INFINITY;
const binDir = '/opt/cni/bin';
const confDir = '/etc/cni/net.d';

type Lasting = {
	readonly name: string;
	readonly at: readonly Point[];
	readonly strike: (scene: Scene) => void;
	readonly heal: (scene: Scene) => void;
	readonly end?: Case['end'];
	readonly codes: Case['codes'];
	readonly goOn?: Case['goOn'];
	readonly argv?: readonly string[];
	readonly rate?: number;
	readonly haste?: number;
};

const before = (step: string): Point => ({step, instant: 'before'});
const after = (step: string): Point => ({step, instant: 'after'});

/** Faults that stay until somebody sets them right. */
export const lasting: readonly Lasting[] = [
	{
		name: 'the disk is full',
		at: [before('stage'), before('rehearse'), after('drain')],
		strike: ({machine}) => machine.limitFiles(6144),
		heal: ({machine}) => machine.limitFiles(undefined),
		codes: [1, 5, 7],
	},
	{
		name: 'the directory of the plugins is read-only',
		at: [after('stage'), after('drain')],
		strike: ({machine}) => machine.makeReadOnly(binDir),
		heal: ({machine}) => machine.makeReadOnly(binDir, false),
		codes: [1, 5, 7],
	},
	{
		name: 'the conf dir is read-only',
		at: [after('stage'), after('drain')],
		strike: ({machine}) => machine.makeReadOnly(confDir),
		heal: ({machine}) => machine.makeReadOnly(confDir, false),
		codes: [1, 5, 7],
	},
	{
		name: 'what was staged is damaged',
		at: [after('stage'), after('drain')],
		strike: ({machine}) => {
			for (const run of runsOn(machine.tree.root)) {
				writeFileSync(join(run, 'stage/plugins/bridge'), 'damaged');
			}
		},
		heal: () => undefined,
		codes: [1, 5, 7],
	},
	{
		name: 'the config is edited by somebody else',
		at: [after('stage'), after('drain')],
		strike: ({machine, oldConfig}) => writeFileSync(join(machine.tree.root, `${confDir}/10-mynet.conflist`), `${oldConfig}\n`),
		heal: ({machine, oldConfig}) => writeFileSync(join(machine.tree.root, `${confDir}/10-mynet.conflist`), oldConfig),
		codes: [1, 5, 7],
	},
	{
		name: 'the runtime does not start with what is new',
		at: [after('drain')],
		strike({machine}) {
			machine.faults.runtimeDoesNotStart = 'containerd: exec format error';
			untilJournalSays(machine, 'start-runtime\tfailed', () => {
				machine.faults.runtimeDoesNotStart = undefined;
			});
		},
		heal: ({machine}) => {
			machine.faults.runtimeDoesNotStart = undefined;
		},
		codes: [7],
	},
	{
		name: 'the runtime never starts again',
		at: [after('drain')],
		strike: ({machine}) => {
			machine.faults.runtimeDoesNotStart = 'containerd: exec format error';
		},
		heal: ({machine}) => {
			machine.faults.runtimeDoesNotStart = undefined;
		},
		codes: [1],
		goOn: 'rollback',
	},
	{
		name: 'the runtime loads no network',
		at: [before('start-runtime')],
		strike({machine}) {
			machine.faults.configNotLoaded = 'cni config load failed: no network config found';
			untilJournalSays(machine, 'loaded\tfailed', () => {
				machine.faults.configNotLoaded = undefined;
			});
		},
		heal: ({machine}) => {
			machine.faults.configNotLoaded = undefined;
		},
		codes: [7],
	},
	{
		name: 'the kubelet is never Ready',
		at: [before('start-kubelet')],
		strike: ({machine}) => {
			machine.faults.kubeletNotReady = 'PLEG is not healthy';
		},
		heal: ({machine}) => {
			machine.faults.kubeletNotReady = undefined;
		},
		end: 'upgraded',
		haste: 200,
		codes: [6],
	},
	{
		name: 'ADD fails in the rehearsal',
		at: [before('rehearse')],
		strike: ({machine}) => {
			machine.faults.addFails = 'plugin type="bridge" failed (add): no such device';
		},
		heal: ({machine}) => {
			machine.faults.addFails = undefined;
		},
		codes: [5],
	},
	{
		name: 'ADD fails',
		at: [after('drain'), before('prove')],
		strike: ({machine}) => {
			machine.faults.addFails = 'plugin type="bridge" failed (add): no such device';
		},
		heal: ({machine}) => {
			machine.faults.addFails = undefined;
		},
		codes: [7],
	},
	{
		name: 'DEL fails',
		at: [after('drain'), before('prove')],
		strike: ({machine}) => {
			machine.faults.deleteFails = 'plugin type="bridge" failed (delete): no such device';
		},
		heal: ({machine}) => {
			machine.faults.deleteFails = undefined;
		},
		codes: [7],
	},
	{
		name: 'pods do not go, since DEL fails',
		at: [before('drain')],
		strike: ({machine}) => {
			machine.faults.deleteFails = 'plugin type="bridge" failed (delete): no such device';
		},
		heal: ({machine}) => {
			machine.faults.deleteFails = undefined;
		},
		argv: ['--timeout', '20s'],
		rate: 8,
		codes: [5],
	},
	{
		name: 'a budget is in the way',
		at: [before('drain')],
		strike: ({cluster, user}) =>
			cluster.faults.add({
				fault: {kind: 'status', code: 429, reason: 'TooManyRequests', message: 'Cannot evict pod', retryAfterSeconds: 10},
				user,
				resource: 'pods',
				subresource: 'eviction',
				times: forever,
			}),
		heal: ({cluster}) => cluster.faults.clear(),
		argv: ['--timeout', '20s'],
		rate: 8,
		codes: [5],
	},
];

/** Sets right what was wrong with what is new, before it meets what was. */
function untilJournalSays(machine: Machine, words: string, then: () => void): void {
	const end = machine.onChange(() => {
		if (journalLines(machine.tree.root).some(line => line.includes(words))) {
			end();
			then();
		}
	});
}
