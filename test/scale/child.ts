import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {readFileSync} from 'node:fs';

export type ChildResult = {
	readonly code: number | null;
	readonly stdout: string;
	readonly stderr: string;
	/** From its start to its end. */
	readonly ms: number;
	/** The most memory that it held, as sampled from /proc; undefined where there is none. */
	readonly peakMiB: number | undefined;
};

/** Milliseconds between two looks at a child's memory. The kernel keeps the peak, so only what grew after the last look is missed. */
const lookEvery = 5;

/** Runs a program to its end. Of our own environment it has what programs need to be found and to find their files, no more. */
export async function runChild(
	[program, ...args]: readonly [string, ...string[]],
	env: Readonly<Record<string, string>> = {},
): Promise<ChildResult> {
	const began = performance.now();
	// Not NODE_EXTRA_CA_CERTS: reading a bundle of certificates takes longer than all else at start.
	const {PATH = '', HOME = ''} = process.env;
	const child = spawn(program, args, {env: {PATH, HOME, ...env}, stdio: ['ignore', 'pipe', 'pipe']});
	const [stdout, stderr] = [collect(child.stdout), collect(child.stderr)];
	let peakMiB: number | undefined;
	const timer = setInterval(() => {
		peakMiB = peakOf(child.pid) ?? peakMiB;
	}, lookEvery);
	try {
		const [code] = (await once(child, 'close')) as [number | null];
		return {code, stdout: stdout(), stderr: stderr(), ms: performance.now() - began, peakMiB};
	} finally {
		clearInterval(timer);
	}
}

function collect(stream: NodeJS.ReadableStream): () => string {
	const chunks: Buffer[] = [];
	stream.on('data', (chunk: Buffer) => chunks.push(chunk));
	return () => Buffer.concat(chunks).toString();
}

function peakOf(pid: number | undefined): number | undefined {
	try {
		const [, kib] = /^VmHWM:\s*(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
		return kib === undefined ? undefined : Number(kib) / 1024;
	} catch {
		return undefined; // It is no more, or there is no /proc here.
	}
}
