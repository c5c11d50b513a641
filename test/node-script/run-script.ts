import {spawn} from 'node:child_process';
import {existsSync, mkdirSync, mkdtempSync, realpathSync, symlinkSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {delimiter, dirname, join} from 'node:path';
import type {Readable, Writable} from 'node:stream';
import {readFrame} from '../../lib/node-script/frame.ts';
import {collectScript} from '../../lib/node-script/script.ts';

export const run = 'abcdefghij';
export const uid = '6b1f5c2e-0000-4000-8000-000000000001';

/** Programs that a node is taken to have; nothing else of this machine is found by the script. */
const programs =
	'awk base64 cksum date env gzip head od printf readlink sed sha256sum sleep stat tail timeout touch tr true cat kill sort'.split(
		' ',
	);

/** A directory tree that stands for a node's root, and its programs. */
export type Node = {readonly root: string; readonly bin: string; readonly base: string};

/** File contents by path; a `null` is a directory, `{link}` a symbolic link; a name that is no UTF-8 is a Buffer's latin1. */
export type Tree = Readonly<
	Record<string, string | Uint8Array | null | {readonly link: string} | {readonly program: string | Uint8Array}>
>;

/** The program's path on this machine, or undefined. */
export function which(name: string): string | undefined {
	return (process.env['PATH'] ?? '')
		.split(delimiter)
		.map(dir => join(dir, name))
		.find(path => existsSync(path));
}

/** Makes a node of a tree. `bin` holds stand-ins, which come first on PATH, as shell script bodies; `without` leaves programs out. */
export function makeNode(
	tree: Tree,
	{
		bin = {},
		without = [],
		awk = 'awk',
	}: {readonly bin?: Readonly<Record<string, string>>; readonly without?: readonly string[]; readonly awk?: string} = {},
): Node {
	const base = realpathSync(mkdtempSync(join(tmpdir(), 'cni-upgrade-')));
	const node = {base, root: join(base, 'root'), bin: join(base, 'bin')};
	mkdirSync(node.bin);
	writeTree(node.root, {'/bin': null, ...tree});
	for (const program of programs.filter(name => !without.includes(name))) {
		const path = which(program === 'awk' ? awk : program);
		if (path !== undefined && bin[program] === undefined) {
			symlinkSync(path, join(node.bin, program));
		}
	}

	for (const [name, body] of Object.entries(bin)) {
		writeFileSync(join(node.bin, name), `#!/bin/sh\n${body}\n`, {mode: 0o755});
	}

	return node;
}

export function writeTree(root: string, tree: Tree): void {
	for (const [name, entry] of Object.entries(tree)) {
		const path = join(root, name);
		mkdirSync(entry === null ? path : dirname(path), {recursive: true});
		if (entry === null) {
			continue;
		}

		if (typeof entry === 'string' || entry instanceof Uint8Array) {
			writeFileSync(path, entry, {mode: 0o644});
		} else if ('link' in entry) {
			symlinkSync(entry.link, path);
		} else {
			writeFileSync(path, entry.program, {mode: 0o755});
		}
	}
}

export type ScriptResult = {
	readonly records: string;
	readonly stdout: string;
	readonly message: string;
	readonly stderr: string;
	readonly code: number | null;
};

/** Runs the script as a pod does: on standard input, with the termination message as descriptor 3. `as`: the user's and group's id. */
export async function runScript(
	node: Node,
	{
		shell = ['/bin/sh'],
		path = node.bin,
		as,
	}: {readonly shell?: readonly string[]; readonly path?: string; readonly as?: number | undefined} = {},
): Promise<ScriptResult> {
	const [program = '/bin/sh', ...flags] = shell;
	const child = spawn(program, [...flags, '-s', '--', run, uid], {
		env: {PATH: path, CNI_UPGRADE_ROOT: node.root},
		stdio: ['pipe', 'pipe', 'pipe', 'pipe'],
		...(as !== undefined && {uid: as, gid: as}),
	});
	const [stdin, stdout, stderr, message] = child.stdio as unknown as [Writable, Readable, Readable, Readable];
	stdin.on('error', () => {}); // The script may end before it has read everything.
	stdin.end(collectScript());
	const [code, out, errors, answer] = await Promise.all([
		new Promise<number | null>(resolve => {
			child.on('close', resolve);
		}),
		textOf(stdout),
		textOf(stderr),
		textOf(message),
	]);
	const frame = readFrame(out, {run, uid});
	return {records: frame.kind === 'answer' ? frame.records : '', stdout: out, message: answer, stderr: errors, code};
}

async function textOf(stream: Readable): Promise<string> {
	const chunks: Buffer[] = [];
	for await (const chunk of stream) {
		chunks.push(chunk as Buffer);
	}

	return Buffer.concat(chunks).toString('latin1');
}

/** The shells that nodes have, where this machine has them. */
export const shells: readonly (readonly string[])[] = [
	['dash'],
	['bash', '--posix'],
	['bash'],
	['mksh'],
	['ksh93'],
	['zsh', '--emulate', 'sh'],
	['busybox', 'sh'],
];

export const awks: readonly string[] = ['mawk', 'gawk', 'original-awk', 'busybox'];
