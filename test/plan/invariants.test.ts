import test from 'ava';
import * as fc from 'fast-check';
import type {NodeFacts} from '../../lib/facts/node-facts.ts';
import {formatOrders, parseOrders} from '../../lib/plan/orders.ts';
import type {Plan} from '../../lib/plan/plan.ts';
import {hostileFacts} from '../faults/hostile-facts.ts';
import {fuzzRuns} from '../fuzz-runs.ts';
import {type Chain, type Combination, chains, cniVersions} from '../truth/combinations.ts';
import {nodeOf} from '../truth/node-of.ts';
import {readPlugins} from '../truth/table.ts';
import {archiveOf, planOf} from './inputs.ts';

/** What the plugins themselves answered, not what the tables of lib/ say. */
const answers = readPlugins();
const supports = (type: string, release: string, version: string) =>
	answers.some(row => row.type === type && row.plugins === release && row.supported.includes(version));

/** The plugins and the config of a node at one instant. */
type Disk = {readonly version: string; readonly releases: Readonly<Record<string, string>>};

const holds = ({version, releases}: Disk) =>
	Object.entries(releases).every(([type, release]) => supports(type, release, version));

/** Every instant of the section, from before its first step to after its last: plugins are replaced one by one, a config by a rename. */
function instants(plan: Plan, start: Disk, release: string): readonly Disk[] {
	const disks = [start];
	const then = (change: (disk: Disk) => Disk) => disks.push(change(disks.at(-1) ?? start));
	for (const step of plan.orders?.steps ?? []) {
		if (step === 'config') {
			then(disk => ({...disk, version: plan.orders?.configs[0]?.version ?? disk.version}));
		}

		if (step === 'plugins') {
			for (const {name} of plan.orders?.plugins ?? []) {
				then(disk => (name in disk.releases ? {...disk, releases: {...disk.releases, [name]: release}} : disk));
			}
		}
	}

	return disks;
}

const someChains = ['bridge+portmap', 'bridge+bandwidth', 'bridge+firewall', 'ptp'] as const satisfies readonly Chain[];
const releases = ['0.7.6', '0.8.7', '1.1.1', '1.6.2', '1.9.1'] as const satisfies readonly Combination['plugins'][];
const wishes = [undefined, 'auto', '0.4.0', '1.1.0'] as const;

type Case = {readonly from: Combination; readonly to: string; readonly wish: string | undefined};

const cases: readonly Case[] = someChains.flatMap(chain =>
	cniVersions
		.filter(version => typeof version !== 'number')
		.flatMap(cniVersion =>
			releases.flatMap(plugins =>
				(['1.1.2', '1.3.0'] as const).flatMap(libcni =>
					releases.flatMap(to => wishes.map(wish => ({from: {chain, cniVersion, plugins, libcni}, to, wish}))),
				),
			),
		),
);

function startOf({chain, cniVersion, plugins}: Combination): Disk {
	const types = chains[chain].flatMap(conf => [conf.type, ...('ipam' in conf ? [conf.ipam.type] : [])]);
	return {
		version: cniVersion === undefined || cniVersion === '' ? '0.1.0' : String(cniVersion),
		releases: Object.fromEntries(types.map(type => [type, plugins])),
	};
}

const planned = cases.map(one => {
	const {from, to, wish} = one;
	const archive = archiveOf(`v${to}`, {names: [...new Set(answers.map(({type}) => type))].filter(type => supportsAny(type, to))});
	const plan = planOf({facts: nodeOf(from, 'containerd'), archive, request: {cniVersion: wish}});
	return {...one, plan, disks: instants(plan, startOf(from), to)};
});

function supportsAny(type: string, release: string): boolean {
	return answers.some(row => row.type === type && row.plugins === release);
}

const ready = planned.filter(({plan}) => plan.outcome === 'ready');

test('plans of every outcome and in both directions are among those that are tried', t => {
	const ways = new Set(
		ready.map(({plan}) => (plan.orders?.steps ?? []).filter(id => id === 'config' || id === 'plugins').join(' ')),
	);
	t.deepEqual([...ways].sort(), ['config plugins', 'plugins', 'plugins config']);
	t.true(ready.length > 500);
	t.true(planned.some(({plan}) => plan.outcome === 'refused'));
});

test("at every instant of a plan the config's version is one that every plugin on disk supports, once it is so", t => {
	for (const {from, to, wish, disks} of ready) {
		const first = disks.findIndex(holds);
		const broken = disks.slice(first).findIndex(disk => !holds(disk));
		t.true(first !== -1 && broken === -1, JSON.stringify({from, to, wish, broken: disks.slice(first)[broken]}));
	}
});

test('a node that worked works at every instant of the way back too, from wherever it begins', t => {
	for (const {from, to, disks} of ready.filter(({disks: [start]}) => start !== undefined && holds(start))) {
		for (const turn of disks.keys()) {
			const back = disks.slice(0, turn + 1).toReversed();
			t.true(back.every(holds), JSON.stringify({from, to, turn}));
			t.deepEqual(back.at(-1), startOf(from));
		}
	}
});

test('a node on which plugins do not support the config is mended, or the plan is refused', t => {
	const broken = planned.filter(({from}) => !holds(startOf(from)));
	t.true(broken.length > 100);
	for (const {from, plan, disks} of broken) {
		t.true(plan.outcome === 'refused' || holds(disks.at(-1) ?? startOf(from)));
	}
});

test('whatever a node says of itself, a plan is a value; one that is ready can be sent, and one that is not says why', t => {
	fc.assert(
		fc.property(hostileFacts, fc.boolean(), fc.constantFrom(undefined, 'auto', '1.0.0'), (facts, withArchive, cniVersion) => {
			const plan = planOf({
				facts: withoutReason(facts),
				request: {cniVersion},
				...(withArchive && {archive: archiveOf('v1.6.2')}),
			});
			if (plan.orders !== null) {
				t.is(plan.outcome, 'ready');
				t.deepEqual(parseOrders(formatOrders(plan.orders).trimEnd().split('\n')), plan.orders);
			} else {
				t.deepEqual([plan.steps, plan.orders], [[], null]);
				t.is(plan.outcome === 'refused', plan.refusals.length > 0);
			}
		}),
		fuzzRuns(300),
	);
});

/** Nodes that are managed by others are refused before anything of theirs is looked at, which is another test's matter. */
function withoutReason(facts: NodeFacts): NodeFacts {
	return {...facts, node: {...facts.node, provider: 'none', os: 'linux', ready: {status: 'True'}, name: 'worker-1', uid: 'u'}};
}
