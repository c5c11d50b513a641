import {chmodSync, copyFileSync, existsSync, lstatSync, mkdirSync, readdirSync, symlinkSync, writeFileSync} from 'node:fs';
import {delimiter, dirname, isAbsolute, join} from 'node:path';
import type {NodeTree} from './simulated-node.ts';

/** What stands at one path of a node. */
export type TreeEntry =
	| string
	| Buffer
	| {readonly content: string | Buffer; readonly mode: number}
	/** Relative: an absolute one would lead out of the tree, to the developer's own machine. */
	| {readonly link: string}
	| {readonly directory: true; readonly mode?: number};

/** A node's files, by absolute path on the node. */
export type TreeFiles = Readonly<Record<string, TreeEntry>>;

export type TreeOptions = {
	/** An empty directory for the node. */
	readonly directory: string;
	readonly files: TreeFiles;
	/** Names of the stand-ins that are on this node's PATH, such as `crictl`. */
	readonly commands: readonly string[];
	/** The directory of tools, made once by `plantTools`. */
	readonly tools: string;
	readonly shell: string;
	/** Whether simulated plugins are read by the stand-in `timeout` instead of being run. */
	readonly interpretPlugins: boolean;
};

/** Where ELF programs do not run. */
export const mustInterpretPlugins = process.platform !== 'linux';

/** Commands that every node has, whatever else. */
const everyNode: readonly string[] = ['chroot', 'timeout', 'id'];

/** Writes a node's files and the directory that comes first on its PATH. */
export function plantTree({directory, files, commands, tools, shell, interpretPlugins}: TreeOptions): NodeTree {
	const root = join(directory, 'root');
	const bin = join(directory, 'commands');
	mkdirSync(root, {recursive: true});
	mkdirSync(bin);
	for (const [path, entry] of Object.entries(files)) {
		plant(join(root, path), entry);
	}

	for (const name of new Set([...everyNode, ...commands])) {
		const target = join(bin, name);
		copyFileSync(new URL(`./stand-ins/${name}`, import.meta.url), target);
		chmodSync(target, 0o755);
	}

	const timeout = findTool('timeout');
	const environment = {
		STAND_IN_SHELL: shell,
		...(timeout !== undefined && {STAND_IN_TIMEOUT: timeout}),
		...(interpretPlugins && {STAND_IN_PLUGINS: 'interpret'}),
	};
	return {root, path: [bin, tools], shell, environment};
}

function plant(path: string, entry: TreeEntry): void {
	mkdirSync(dirname(path), {recursive: true});
	if (typeof entry === 'string' || Buffer.isBuffer(entry)) {
		writeFileSync(path, entry);
	} else if ('link' in entry) {
		if (isAbsolute(entry.link)) {
			throw new Error(`${path}: a link in a tree must be relative, not ${entry.link}`);
		}

		symlinkSync(entry.link, path);
	} else if ('directory' in entry) {
		mkdirSync(path, {recursive: true});
		chmodSync(path, entry.mode ?? 0o755);
	} else {
		writeFileSync(path, entry.content);
		chmodSync(path, entry.mode);
	}
}

/**
The tools of this machine that a node has too, and no others: what a script finds on a node must not depend on what the
developer has installed. `timeout` and the like are stand-ins.
*/
const tools: readonly string[] = (
	'[ awk base64 basename bash cat chgrp chmod chown cksum cmp comm cp cut date dd df diff dirname du echo env expr false find fold getconf grep gunzip gzip head hostname id kill ln ls md5sum mkdir mkfifo ' +
	'flock mktemp mv nice od openssl paste printf ps pwd readlink realpath rm rmdir sed seq setpriv sh sha256sum shasum sleep sort split stat sync tail tar tee test touch tr true tty uniq wc which xargs zcat'
).split(' ');

/** Makes the directory of tools: links to what this machine has of them, and to others where they are named. */
export function plantTools(directory: string, instead: Readonly<Record<string, string>> = {}): string {
	mkdirSync(directory, {recursive: true});
	for (const name of tools) {
		const found = instead[name] ?? findTool(name);
		if (found !== undefined) {
			symlinkSync(found, join(directory, name));
		}
	}

	return directory;
}

function findTool(name: string): string | undefined {
	const path = (process.env['PATH'] ?? '').split(delimiter).filter(entry => isAbsolute(entry));
	return [...path, '/usr/bin', '/bin'].map(entry => join(entry, name)).find(file => existsSync(file));
}

/** The whole environment of a command on a node: nothing of ours comes along. */
export function treeEnvironment({path, environment}: NodeTree): Readonly<Record<string, string>> {
	return {PATH: path.join(delimiter), HOME: '/root', ...environment};
}

/** Every entry under a tree with its kind, mode, size and time of change: equal before and after where nothing was touched. */
export function fingerprint(root: string): readonly string[] {
	return readdirSync(root, {recursive: true, encoding: 'utf8'})
		.sort()
		.map(path => {
			const {mode, size, mtimeMs} = lstatSync(join(root, path));
			return `${path} ${mode.toString(8)} ${size} ${mtimeMs}`;
		});
}
