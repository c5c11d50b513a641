import {chmodSync, copyFileSync, rmSync} from 'node:fs';
import {join} from 'node:path';
import type {NodeTree} from '../simulated-node.ts';
import {plantTree, type TreeOptions} from '../tree.ts';

/** Programs whose work the machine does. Those that end in `-asked` are what is left of a stand-in that does a part itself. */
const asked: readonly string[] = [
	'systemctl',
	'crictl',
	'crictl-asked',
	'dpkg',
	'dpkg-query',
	'apt-get',
	'apt-cache',
	'apt-mark',
	'ip-asked',
	'bridge',
	'ping',
	'tcp-asked',
	'getent',
	'plugin-call',
];

/** Stand-ins of their own. */
const own: readonly string[] = ['enter', 'nsenter', 'env', 'sync', 'chown', 'plugin', 'dpkg-deb', 'ip', 'unshare', 'bash', 'nc'];

export type PlantOptions = TreeOptions & {
	/** Programs that this machine does not have. */
	readonly without: readonly string[];
	/** Where questions to the machine lie, and the FIFO that takes them. */
	readonly questions: string;
	readonly requests: string;
	/** Filled with what every process of the machine has. */
	readonly environment: Record<string, string>;
};

/** A tree whose programs ask the machine. */
export function plantMachine({without, questions, requests, environment, ...options}: PlantOptions): NodeTree {
	const tree = plantTree(options);
	const [bin = '', tools = ''] = tree.path;
	const place = (file: string, name: string) => {
		copyFileSync(new URL(`./stand-ins/${file}`, import.meta.url), join(bin, name));
		chmodSync(join(bin, name), 0o755);
	};
	for (const name of own) {
		place(name, name);
	}

	for (const name of asked) {
		place('ask', name);
	}

	for (const name of without) {
		rmSync(join(bin, name), {force: true});
		rmSync(join(tree.root, 'usr/bin', name), {force: true});
	}

	Object.assign(environment, tree.environment, {
		STAND_IN_MACHINE: questions,
		STAND_IN_REQUESTS: requests,
		STAND_IN_ROOT: tree.root,
		STAND_IN_TOOLS: tools,
		STAND_IN_PLUGIN: join(bin, 'plugin'),
	});
	return {...tree, environment};
}
