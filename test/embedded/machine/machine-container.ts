import {type ChildProcess, spawn} from 'node:child_process';
import {existsSync} from 'node:fs';
import {basename, join} from 'node:path';
import type {RunningContainer} from '../container.ts';
import {ContainerLog} from '../container-log.ts';
import type {Container} from '../objects.ts';
import type {ContainerEnd, NodeTree} from '../simulated-node.ts';
import {treeEnvironment} from '../tree.ts';

/** Whether a container of a machine is run for real: what does nothing but last takes no process. */
export function isRunForReal({command = []}: Container): boolean {
	return command[0] === '/bin/sh';
}

/** A container that lasts until it is killed, and in which commands are run for real, among the machine's programs. */
export function lastingContainer(tree: NodeTree): RunningContainer {
	const {promise, resolve} = Promise.withResolvers<ContainerEnd>();
	const log = new ContainerLog();
	return {
		ended: promise,
		log,
		kill() {
			log.end();
			resolve({exitCode: 137, message: '', log: ''});
		},
		exec: command => exec(tree, command),
	};
}

function exec(tree: NodeTree, [executable = '', ...args]: readonly string[]): ChildProcess | string {
	const name = basename(executable);
	const file = name === 'sh' ? tree.shell : tree.path.map(entry => join(entry, name)).find(file => existsSync(file));
	if (file === undefined) {
		const why = executable.includes('/') ? `stat ${executable}: no such file or directory` : 'executable file not found in $PATH';
		return `Internal error occurred: error executing command in container: failed to exec in container: failed to start exec: OCI runtime exec failed: exec failed: unable to start container process: exec: "${executable}": ${why}: unknown`;
	}

	// What a container sees as /host is the machine's root.
	const words = name === 'chroot' ? [tree.root, ...args.slice(1)] : args;
	return spawn(file, words, {cwd: tree.root, env: treeEnvironment(tree), stdio: ['pipe', 'pipe', 'pipe']});
}
