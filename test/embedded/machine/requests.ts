import {execFileSync, spawn} from 'node:child_process';
import {
	closeSync,
	constants,
	existsSync,
	mkdirSync,
	mkdtempSync,
	openSync,
	readdirSync,
	readFileSync,
	rmSync,
	writeSync,
} from 'node:fs';
import type {Socket} from 'node:net';
import {tmpdir} from 'node:os';
import {basename, dirname, join} from 'node:path';

/** What a program of the machine says and how it ends; texts are whole lines. */
export type Answer = {readonly code: number; readonly out?: string; readonly err?: string};

/** `directory` is the one that it is called in, on this machine. */
export type Program = (words: readonly string[], name: string, directory: string) => Answer | Promise<Answer>;

/** Who answers for the machine whose requests lie in a directory. */
const machines = new Map<string, (name: string) => Program | undefined>();

/** One for all machines of this thread. */
let fifo: string | undefined;

/**
Answers the stand-in `ask` of one machine: each request names a FIFO that its process holds open, beside a file with the process's
directory, name and words. Returns the path of the FIFO that takes requests, and what ends it.
*/
export function serveRequests(
	directory: string,
	program: (name: string) => Program | undefined,
): {readonly requests: string; readonly end: () => void} {
	mkdirSync(directory, {recursive: true});
	machines.set(directory, program);
	const slots = Array.from({length: 16}, (_, slot) => join(directory, `slot-${slot}`));
	execFileSync('mkfifo', slots);
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
		for (const line of lines) {
			const [kind, reply = ''] = line.split(' ');
			if (kind === 'ask') {
				void answer(reply);
			} else {
				release(reply);
			}
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
	const asker = ownerOf(reply);
	let said: Answer;
	try {
		const [directory = '', name = '', ...words] = readFileSync(`${reply}.words`, 'utf8').split('\0').slice(0, -1);
		const program = machines.get(dirname(reply))?.(name);
		said = (await program?.(words, name, directory)) ?? {code: 127, err: `stand-in ${name}: no such program on this machine\n`};
	} catch (error) {
		said = {code: 125, err: `stand-in: ${String(error)}\n`};
	}

	// Somebody else's by now, where the asker was killed.
	if (ownerOf(reply) === asker) {
		tell(reply, said);
	}
}

function ownerOf(reply: string): string {
	try {
		return readFileSync(`${reply}.lock`, 'utf8');
	} catch {
		return '';
	}
}

/** A FIFO of the machine may be taken again; one of the client's own goes, and a sign that none was left: those of the dead are given back. */
function release(reply: string): void {
	rmSync(`${reply}.words`, {force: true});
	if (basename(reply).startsWith('slot-')) {
		rmSync(`${reply}.lock`, {force: true});
		return;
	}

	rmSync(reply, {force: true});
	const directory = dirname(reply);
	const locks = existsSync(directory) ? readdirSync(directory).filter(name => name.endsWith('.lock')) : [];
	for (const name of locks) {
		const pid = Number(readFileSync(join(directory, name), 'utf8'));
		if (pid > 0 && !isAlive(pid)) {
			rmSync(join(directory, name), {force: true});
		}
	}
}

function isAlive(pid: number): boolean {
	try {
		return process.kill(pid, 0);
	} catch {
		return false;
	}
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
