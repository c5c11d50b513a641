import {existsSync, readdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import type {ExecutionContext} from 'ava';
import type {NodeStepId} from '../../lib/plan/steps.ts';
import type {Machine} from '../embedded/machine/machine.ts';
import {binDir, configPath, journalOf, newConfig, newPlugins, oldConfig, oldPlugins, orders} from './act-node.ts';

export const unit = 'cni-upgrade.service';
export const instants = ['before', 'during', 'after'] as const;
export type Instant = (typeof instants)[number];

/** With CNI_UPGRADE_MATRIX=all each point has a run of its own; else all of one kind are met in one run, one after the other. */
export const isFull = process.env['CNI_UPGRADE_MATRIX'] === 'all';

/** The steps that these tests run, in their order. */
export const steps: readonly NodeStepId[] = orders().steps;

/** Where a step can be met: not all have a middle. */
export function pointsOf(ids: readonly string[], instant: Instant, middles: readonly string[]): readonly string[] {
	return ids.filter(id => instant !== 'during' || middles.includes(id)).map(id => `${id}:${instant}`);
}

/** Steps that change something between their beginning and their end, as failpoints tell. */
export const middles: readonly string[] = [
	'stop-kubelet',
	'stop-sandboxes',
	'stop-runtime',
	'plugins',
	'config',
	'start-runtime',
	'sandbox',
	'start-kubelet',
];
export const undoMiddles: readonly string[] = [
	'start-kubelet',
	'start-runtime',
	'config',
	'plugins',
	'stop-runtime',
	'stop-kubelet',
].map(id => `undo-${id}`);

/** Of a node, but for what no two nodes have in common. */
export function fingerprint(machine: Machine): readonly string[] {
	return machine.fingerprint().filter(line => !line.startsWith('/etc/machine-id '));
}

/** What a drain leaves: a DaemonSet's pod with a network of its own, and one on the node's. */
export function addPods(machine: Machine): void {
	for (const [name, hostNetwork] of [
		['logs', false],
		['etcd', true],
	] as const) {
		machine.runtime.run({name, namespace: 'kube-system', uid: name, attempt: 0, hostNetwork});
	}
}

/** Names of the pods that still have a sandbox. */
export function pods(machine: Machine): readonly string[] {
	return [...machine.runtime.sandboxes.values()].map(({name}) => name);
}

/** What act.sh shall do where, in this order: `STEP:INSTANT:fail` or `STEP:INSTANT:hang`. */
export function failAt(machine: Machine, points: readonly string[]): void {
	writeFileSync(join(machine.tree.root, 'cni-upgrade-fail'), points.map(point => `${point}\n`).join(''));
}

/** Resolves when act.sh stands still at its next point. */
export async function untilItHangs(machine: Machine, seconds = 20): Promise<void> {
	const marker = join(machine.tree.root, 'cni-upgrade-hangs');
	const until = Date.now() + seconds * 1000;
	while (!existsSync(marker)) {
		if (Date.now() > until) {
			throw new Error(
				`it does not hang: ${readFileSync(join(machine.tree.root, 'cni-upgrade-fail'), 'utf8')} ${journalOf(machine)
					.map(({step, state, detail}) => `${step} ${state} ${detail}`)
					.join('\n')}\n${machine.systemd.journal.join('\n')}`,
			);
		}

		await new Promise(resolve => setTimeout(resolve, 2));
	}

	rmSync(marker);
}

/** What must hold at every instant: no file is torn, and every plugin on the disk supports the config's version. */
export function assertWhole(t: ExecutionContext, machine: Machine, at: string): void {
	const {root} = machine.tree;
	const visible = (directory: string) => readdirSync(join(root, directory)).filter(name => !name.startsWith('.'));
	const config = readFileSync(join(root, configPath), 'utf8');
	t.true(config === oldConfig || config === newConfig, `${at}: the config is torn`);
	t.deepEqual(visible('/etc/cni/net.d'), ['10-mynet.conflist'], at);
	t.deepEqual(visible(binDir), [...newPlugins.keys()].sort(), at);
	for (const [name, content] of newPlugins) {
		const found = readFileSync(join(root, binDir, name));
		const isNew = found.equals(content);
		t.true(isNew || found.equals(oldPlugins.get(name) ?? Buffer.alloc(0)), `${at}: ${name} is torn`);
		t.true(isNew || config === oldConfig, `${at}: the config is newer than ${name}`);
	}
}

/** What must hold once the section has its outcome, whatever it is: systemd may start everything, and nothing half-written lies about. */
export function assertSettled(t: ExecutionContext, machine: Machine): void {
	const {root} = machine.tree;
	const gate = join(root, '/var/lib/cni-upgrade/gate');
	// A step that failed before it closed one has not made their place.
	t.deepEqual(existsSync(gate) ? readdirSync(gate) : [], [], 'a gate is closed');
	for (const directory of [binDir, '/etc/cni/net.d']) {
		t.deepEqual(
			readdirSync(join(root, directory)).filter(name => name.startsWith('.')),
			[],
			`left over in ${directory}`,
		);
	}
}

/** Checks `assertWhole` at every change of a unit and of the two directories, until the function that it returns is called. */
export function watchWhole(t: ExecutionContext, machine: Machine): () => void {
	return machine.onChange(() => assertWhole(t, machine, JSON.stringify(machine.units())));
}
