import type {Unknown} from '../facts/unknown.ts';
import {keys, type OrderKey} from './order-keys.ts';
import type {NodeStepId} from './steps.ts';

/** The plan as the node gets it. Hashes are SHA-256 in hex; paths are absolute, as the node sees them. */
export type Orders = {
	readonly run: string;
	readonly node: string;
	readonly uid: string;
	readonly runtime: 'containerd' | 'cri-o';
	/** With `.service` at the end. */
	readonly runtimeUnit: string;
	readonly kubeletUnit: string;
	/** unix:///PATH */
	readonly endpoint: string;
	/** Its path on the node, `staged` (sent as stage/crictl), or `none`. */
	readonly crictl: string;
	/** Where the runtime looks for plugins, in its order. */
	readonly binDirs: readonly string[];
	/** Seconds that the section may take before the node takes it back. */
	readonly deadline: number;
	/** In the order in which they are run. */
	readonly steps: readonly NodeStepId[];
	readonly archive?: {readonly name: string; readonly sha256: string};
	/** `oldSha` is null where no file of this name is there. */
	readonly plugins: readonly {
		readonly dir: string;
		readonly name: string;
		readonly newSha: string;
		readonly oldSha: string | null;
	}[];
	/** Files of others in plugin directories, which a package must not take away. */
	readonly keep: readonly {readonly dir: string; readonly name: string; readonly sha256: string}[];
	readonly configs: readonly {
		readonly path: string;
		readonly version: string;
		readonly oldSha: string;
		readonly newSha: string;
	}[];
	/** What the runtime must have loaded after its start. */
	readonly networks: readonly {readonly name: string; readonly version: string}[];
	readonly packages: readonly {
		readonly manager: 'apt' | 'dnf' | 'zypper';
		readonly name: string;
		readonly newVersion: string;
		readonly oldVersion: string;
	}[];
	readonly packageFiles: readonly {readonly name: string; readonly sha256: string}[];
	/** Packages that are held, and held again afterwards. */
	readonly holds: readonly string[];
	readonly runtimeConfig?: {readonly oldSha: string};
	readonly hooks: readonly {readonly when: 'before' | 'after'; readonly name: string; readonly sha256: string}[];
	readonly rehearse?: 'chain' | 'version';
	readonly sandbox: boolean;
	readonly kubeadm: boolean;
	/** Pods whose network cannot be taken down before the change stay until after it. */
	readonly leavesHangingPods?: true;
	/** What a resume from another machine has to know of the command line: one word, of no meaning to the node. */
	readonly settings?: string;
};

/**
The text that `act.sh plan` reads: one order a line, `cni-upgrade 1` first and `end` last.
@throws Error where a value holds anything that the node would not take: such a plan must never have been made.
@public
*/
export function formatOrders(orders: Orders): string {
	const lines: (readonly [OrderKey, ...string[]])[] = [
		['cni-upgrade', '1'],
		['run', orders.run],
		['node', orders.node],
		['uid', orders.uid],
		['runtime', orders.runtime],
		['runtime-unit', orders.runtimeUnit],
		['kubelet-unit', orders.kubeletUnit],
		['endpoint', orders.endpoint],
		['crictl', orders.crictl],
		...orders.binDirs.map(dir => ['bin-dir', dir] as const),
		['deadline', String(orders.deadline)],
		...orders.steps.map(id => ['step', id] as const),
		...(orders.archive ? [['archive', orders.archive.name, orders.archive.sha256] as const] : []),
		...orders.plugins.map(({dir, name, newSha, oldSha}) => ['plugin', dir, name, newSha, oldSha ?? 'none'] as const),
		...orders.keep.map(({dir, name, sha256}) => ['keep', dir, name, sha256] as const),
		...orders.configs.map(({path, version, oldSha, newSha}) => ['config', path, version, oldSha, newSha] as const),
		...orders.networks.map(({name, version}) => ['network', name, version] as const),
		...orders.packages.map(
			({manager, name, newVersion, oldVersion}) => ['package', manager, name, newVersion, oldVersion] as const,
		),
		...orders.packageFiles.map(({name, sha256}) => ['package-file', name, sha256] as const),
		...orders.holds.map(name => ['hold', name] as const),
		...(orders.runtimeConfig ? [['runtime-config', 'migrate', orders.runtimeConfig.oldSha] as const] : []),
		...orders.hooks.map(({when, name, sha256}) => ['hook', when, name, sha256] as const),
		...(orders.rehearse ? [['rehearse', orders.rehearse] as const] : []),
		['sandbox', orders.sandbox ? 'yes' : 'no'],
		...(orders.kubeadm ? [['kubeadm', 'yes'] as const] : []),
		...(orders.leavesHangingPods ? [['hanging-pods', 'stay'] as const] : []),
		...(orders.settings === undefined ? [] : [['settings', orders.settings] as const]),
		['end'],
	];
	for (const [key, ...words] of lines) {
		if (!isOrder(key, words)) {
			throw new Error(`the plan cannot be sent: ${[key, ...words].join(' ')} is no order that the node takes`);
		}
	}

	return lines.map(words => `${words.join(' ')}\n`).join('');
}

/** Reads the lines of a plan that a node holds. They may be anything: never throws. */
export function parseOrders(lines: readonly string[]): Orders | Unknown {
	const found = new Map<OrderKey, string[][]>();
	for (const [index, line] of lines.entries()) {
		const [key = '', ...words] = line.split(' ');
		if (!isOrder(key, words)) {
			return {unknown: `line ${index + 1} of the plan on the node is not an order that this release knows`};
		}

		const rows = found.get(key) ?? [];
		if (rows.length > 0 && !keys[key].many) {
			return {unknown: `line ${index + 1} of the plan on the node says ${key} again`};
		}

		found.set(key, [...rows, words]);
	}

	const missing = (Object.keys(keys) as OrderKey[]).find(key => keys[key].needed && !found.has(key));
	if (missing !== undefined) {
		return {unknown: `the plan on the node does not say ${missing}`};
	}

	if (!lines[0]?.startsWith('cni-upgrade ') || lines.at(-1) !== 'end') {
		return {unknown: 'the plan on the node is cut: its first or its last line is missing'};
	}

	const all = <Row>(key: OrderKey, read: (a: string, b: string, c: string, d: string) => Row): Row[] =>
		(found.get(key) ?? []).map(([a = '', b = '', c = '', d = '']) => read(a, b, c, d));
	const one = (key: OrderKey): string => found.get(key)?.[0]?.[0] ?? '';
	const [archive] = all('archive', (name, sha256) => ({name, sha256}));
	const [runtimeConfig] = all('runtime-config', (_, oldSha) => ({oldSha}));
	const [rehearse] = all('rehearse', way => way as 'chain' | 'version');
	return {
		run: one('run'),
		node: one('node'),
		uid: one('uid'),
		runtime: one('runtime') as Orders['runtime'],
		runtimeUnit: one('runtime-unit'),
		kubeletUnit: one('kubelet-unit'),
		endpoint: one('endpoint'),
		crictl: one('crictl'),
		binDirs: all('bin-dir', dir => dir),
		deadline: Number(one('deadline')),
		steps: all('step', id => id as NodeStepId),
		...(archive && {archive}),
		plugins: all('plugin', (dir, name, newSha, oldSha) => ({dir, name, newSha, oldSha: oldSha === 'none' ? null : oldSha})),
		keep: all('keep', (dir, name, sha256) => ({dir, name, sha256})),
		configs: all('config', (path, version, oldSha, newSha) => ({path, version, oldSha, newSha})),
		networks: all('network', (name, version) => ({name, version})),
		packages: all('package', (manager, name, newVersion, oldVersion) => ({
			manager: manager as 'apt' | 'dnf' | 'zypper',
			name,
			newVersion,
			oldVersion,
		})),
		packageFiles: all('package-file', (name, sha256) => ({name, sha256})),
		holds: all('hold', name => name),
		...(runtimeConfig && {runtimeConfig}),
		hooks: all('hook', (when, name, sha256) => ({when: when as 'before' | 'after', name, sha256})),
		...(rehearse && {rehearse}),
		sandbox: one('sandbox') === 'yes',
		kubeadm: found.has('kubeadm'),
		...(found.has('hanging-pods') && {leavesHangingPods: true as const}),
		...(found.has('settings') && {settings: one('settings')}),
	};
}

function isOrder(key: string, words: readonly string[]): key is OrderKey {
	if (!Object.hasOwn(keys, key)) {
		return false;
	}

	const {values} = keys[key as OrderKey];
	return words.length === values.length && values.every((value, index) => value.test(words[index] ?? ''));
}
