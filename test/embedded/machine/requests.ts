import {execFileSync, spawn} from 'node:child_process';
import {closeSync, constants, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeSync} from 'node:fs';
import type {Socket} from 'node:net';
import {tmpdir} from 'node:os';
import {dirname, join} from 'node:path';

/** What a program of the machine says and how it ends; texts are whole lines. */
export type Answer = {readonly code: number; readonly out?: string; readonly err?: string};

/** `directory` is the one that it is called in, on this machine. */
export type Program = (words: readonly string[], name: string, directory: string) => Answer | Promise<Answer>;

/** Who answers for the machine whose requests lie in a directory. */
const machines = new Map<string, (name: string) => Program | undefined>();

/** One for all machines of this thread. */
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
	/*
	Read by a process: a socket of a descriptor that was opened here would be closed twice where this is a worker that ends, and the
	second time it would be somebody else's. Both ends of the FIFO, so that the last client that goes does not end it; and it ends with us.
	*/
	const reader = spawn('/bin/sh', ['-c', 'cat <>"$1" & read -r end; kill $!', 'sh', path], {stdio: ['pipe', 'pipe', 'ignore']});
	let rest = '';
	reader.stdout.on('data', (bytes: Buffer) => {
		const lines = (rest + bytes.toString()).split('\n');
		rest = lines.pop() ?? '';
		for (const reply of lines) {
			void answer(reply);
		}
	});
	// Tests end although it is there.
	reader.unref();
	for (const stream of [reader.stdin, reader.stdout]) {
		(stream as Socket).unref();
	}

	return path;
}

async function answer(reply: string): Promise<void> {
	let said: Answer;
	try {
		const [directory = '', name = '', ...words] = readFileSync(`${reply}.words`, 'utf8').split('\0').slice(0, -1);
		const program = machines.get(dirname(reply))?.(name);
		said = (await program?.(words, name, directory)) ?? {code: 127, err: `stand-in ${name}: no such program on this machine\n`};
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
