import {execFileSync} from 'node:child_process';
import {closeSync, constants, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeSync} from 'node:fs';
import {Socket} from 'node:net';
import {tmpdir} from 'node:os';
import {dirname, join} from 'node:path';

/** What a program of the machine says and how it ends; texts are whole lines. */
export type Answer = {readonly code: number; readonly out?: string; readonly err?: string};

export type Program = (words: readonly string[], name: string) => Answer | Promise<Answer>;

/** Who answers for the machine whose requests lie in a directory. */
const machines = new Map<string, (name: string) => Program | undefined>();

/** One for all machines of this process, since a descriptor that a socket owns cannot be given back cleanly. */
let fifo: string | undefined;

/**
Answers the stand-in `ask` of one machine: each request is the path of a FIFO that its process holds open, beside a file with the
process's name and words. Returns the path of the FIFO that takes requests, and what ends it.
*/
export function serveRequests(
	directory: string,
	program: (name: string) => Program | undefined,
): {readonly requests: string; readonly end: () => void} {
	mkdirSync(directory, {recursive: true});
	machines.set(directory, program);
	fifo ??= listen();
	return {requests: fifo, end: () => machines.delete(directory)};
}

function listen(): string {
	const directory = mkdtempSync(join(tmpdir(), 'cni-upgrade-machines-'));
	process.once('exit', () => rmSync(directory, {recursive: true, force: true}));
	const path = join(directory, 'requests');
	execFileSync('mkfifo', [path]);
	// Both ends, so that the last client that goes does not end it.
	const socket = new Socket({fd: openSync(path, constants.O_RDWR | constants.O_NONBLOCK), readable: true, writable: false});
	let rest = '';
	socket.on('data', (bytes: Buffer) => {
		const lines = (rest + bytes.toString()).split('\n');
		rest = lines.pop() ?? '';
		for (const reply of lines) {
			void answer(reply);
		}
	});
	// Tests end although it is open.
	socket.unref();
	return path;
}

async function answer(reply: string): Promise<void> {
	let said: Answer;
	try {
		const [name = '', ...words] = readFileSync(`${reply}.words`, 'utf8').split('\0').slice(0, -1);
		const program = machines.get(dirname(reply))?.(name);
		said = (await program?.(words, name)) ?? {code: 127, err: `stand-in ${name}: no such program on this machine\n`};
	} catch (error) {
		said = {code: 125, err: `stand-in: ${String(error)}\n`};
	}

	tell(reply, said);
	rmSync(reply, {force: true});
	rmSync(`${reply}.words`, {force: true});
}

function tell(reply: string, {code, out = '', err = ''}: Answer): void {
	const count = (text: string) => text.split('\n').length - 1;
	let fd: number;
	try {
		fd = openSync(reply, constants.O_WRONLY | constants.O_NONBLOCK);
	} catch {
		// The client was killed in the meantime.
		return;
	}

	const bytes = Buffer.from(`${code} ${count(out)} ${count(err)}\n${out}${err}`);
	try {
		for (let at = 0; at < bytes.length; ) {
			at += writeSync(fd, bytes, at);
		}
	} finally {
		closeSync(fd);
	}
}
