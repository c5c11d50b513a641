import {execFileSync, spawn} from 'node:child_process';
import {createHash} from 'node:crypto';
import {appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';
import {cli} from '../../cmd/run-cli.ts';
import {clientOf} from '../../contract/real.ts';
import type {Scope} from './rig-node.ts';

const top = join(import.meta.dirname, '../../..');
const command = join(top, 'cmd/kubectl-cni_upgrade.ts');

/** Programs that test/programs/build.sh has built. */
export const programs = join(top, '.cache/programs');

export type Call = {
	readonly child: ReturnType<typeof spawn>;
	/** All that it has written so far, to both streams. */
	readonly said: () => string;
	/** Resolves once it has said that. */
	readonly until: (words: string | RegExp) => Promise<void>;
	readonly end: Promise<{readonly code: number | null; readonly said: string; readonly stdout: string}>;
};

export type CallOptions = {
	readonly kubeconfig: string;
	/** A name for what it says, which is kept where CNI_UPGRADE_TRANSCRIPTS names a directory. */
	readonly transcript?: string;
	/** Where it is called; of its own it has neither a directory nor a home. */
	readonly cwd?: string;
};

/** Calls the tool as an operator does, in a process of its own, with an empty home. */
export function call(t: Scope, args: readonly string[], {kubeconfig, transcript, cwd}: CallOptions): Call {
	const home = mkdtempSync(join(tmpdir(), 'cni-upgrade-home-'));
	const child = spawn(process.execPath, [command, ...args, '--kubeconfig', kubeconfig], {
		cwd: cwd ?? home,
		env: {HOME: home, PATH: process.env['PATH'], NO_COLOR: '1'},
		stdio: ['ignore', 'pipe', 'pipe'],
	});
	const all: string[] = [];
	const out: string[] = [];
	child.stdout.setEncoding('utf8').on('data', (text: string) => {
		all.push(text);
		out.push(text);
	});
	child.stderr.setEncoding('utf8').on('data', (text: string) => all.push(text));
	t.teardown(() => child.kill('SIGKILL'));
	const said = () => all.join('');
	const end = new Promise<{code: number | null; said: string; stdout: string}>((resolve, reject) => {
		child.on('error', reject);
		child.on('close', (code, signal) => {
			rmSync(home, {recursive: true, force: true});
			keep(
				transcript,
				`$ kubectl cni-upgrade ${args.join(' ')}\n${said()}(${signal === null ? `exit code ${code}` : signal})\n\n`,
			);
			resolve({code, said: said(), stdout: out.join('')});
		});
	});
	return {child, said, end, until: async words => untilSaid(child, said, words)};
}

async function untilSaid(child: Call['child'], said: () => string, words: string | RegExp): Promise<void> {
	const has = () => (typeof words === 'string' ? said().includes(words) : words.test(said()));
	for (;;) {
		if (has()) {
			return;
		}

		if (child.exitCode !== null || child.signalCode !== null) {
			throw new Error(`it ended without saying ${String(words)}:\n${said()}`);
		}

		await new Promise(resolve => {
			setTimeout(resolve, 20);
		});
	}
}

function keep(name: string | undefined, text: string): void {
	const directory = process.env['CNI_UPGRADE_TRANSCRIPTS'];
	if (name !== undefined && directory !== undefined && directory !== '') {
		appendFileSync(join(directory, `${name}.txt`), text.replaceAll(tmpdir(), '/tmp'));
	}
}

/** The namespace of our pods, which an administrator makes once, by whatever asks for it first. */
export async function makeNamespace(kubeconfig: string): Promise<void> {
	await cli(['preflight', 'node-bookworm', '--kubeconfig', kubeconfig]);
	await contractIsGone(kubeconfig);
}

/** The namespaces of the contract's tests go after those have ended, and their pods, which nobody owns, would hold up a drain. */
async function contractIsGone(kubeconfig: string): Promise<void> {
	const client = clientOf(kubeconfig);
	try {
		for (let tries = 0; tries < 90; tries += 1) {
			const {json} = await client.call('GET', '/api/v1/namespaces');
			const names = (json.items as readonly {metadata: {name: string}}[]).map(({metadata}) => metadata.name);
			if (!names.some(name => name.startsWith('contract-'))) {
				return;
			}

			await sleep(2_000);
		}
	} finally {
		client.close();
	}
}

/** What containernetworking/plugins calls the archive of a release for this machine. */
export function releaseName(version: string): string {
	return `cni-plugins-linux-${process.arch === 'arm64' ? 'arm64' : 'amd64'}-v${version}.tgz`;
}

/** A release archive with its checksum beside it, of plugins that were built. Gives back its path. */
export function releaseArchive(directory: string, version: string, files = join(programs, `plugins-${version}`)): string {
	if (!existsSync(files)) {
		throw new Error(`${files} is not there: bash test/programs/build.sh plugins-${version}`);
	}

	const name = releaseName(version);
	const path = join(directory, name);
	execFileSync('tar', ['-czf', path, '--owner=0', '--group=0', '--exclude=.stamp', '-C', files, '.']);
	const sum = createHash('sha256').update(readFileSync(path)).digest('hex');
	writeFileSync(`${path}.sha256`, `${sum}  ${name}\n`);
	return path;
}
