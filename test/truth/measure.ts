import {execFile, execFileSync} from 'node:child_process';
import {join} from 'node:path';
import {type Combination, configOf, ownPlugins} from './combinations.ts';

/**
What each step of one pod's network said: `ok`, or its error. A step that this libcni does not have, or that was not taken, is absent.
`during`, `left` and `lost` are what there was of it on the node after ADD, after DEL and after the second DEL (test/programs/libcni).
*/
export type Outcome = {
	readonly load: string;
	/** What CRI-O asks before it takes a config: VERSION of every plugin. */
	readonly validate?: string;
	readonly status?: string;
	readonly add?: string;
	/** The version of ADD's result. */
	readonly result?: string;
	/** How many addresses libcni found in it; absent where none. */
	readonly addresses?: number;
	/** Only where ADD went well. */
	readonly check?: string;
	readonly during?: string;
	readonly del?: string;
	readonly left?: string;
	readonly again?: string;
	readonly lost?: string;
	readonly gc?: string;
};

const root = join(import.meta.dirname, '../..');
const programs = join(root, '.cache/programs');

/** What is missing on this machine to measure anything; undefined where nothing is. */
export function missing(): string | undefined {
	const needed = [
		['go', ['version']],
		['ip', ['-V']],
		['iptables-save', ['--version']],
		['unshare', ['--mount', '--net', '--pid', '--fork', '--kill-child', '--mount-proc', 'true']],
	] as const;
	const absent = needed.find(([program, args]) => {
		try {
			execFileSync(program, args, {stdio: 'ignore', env: environment});
			return false;
		} catch {
			return true;
		}
	});
	if (absent === undefined) {
		return undefined;
	}

	return absent[0] === 'unshare' ? 'no namespaces can be made here: root is needed' : `${absent[0]} is not on this machine`;
}

const environment = {...process.env, PATH: `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin`};

/** Builds what these combinations need, as far as it is not there. */
export async function build(wanted: readonly Pick<Combination, 'libcni' | 'plugins'>[], signal?: AbortSignal): Promise<void> {
	const names = new Set(
		wanted.flatMap(({libcni, plugins}) => [`libcni-${libcni}`, ...(plugins === ownPlugins ? [] : [`plugins-${plugins}`])]),
	);
	await run(join(root, 'test/programs/build.sh'), [...names], {timeout: 1_200_000, signal});
}

/** Where the plugins of a release are. */
export function binDir(plugins: string): string {
	return plugins === ownPlugins ? join(import.meta.dirname, 'plugins') : join(programs, `plugins-${plugins}`);
}

/** Really ADD, CHECK, DEL and DEL again, in namespaces that end with it. */
export async function measure(combination: Combination, signal?: AbortSignal): Promise<Outcome> {
	const {chain, libcni, plugins} = combination;
	const args = [join(programs, `libcni-${libcni}/libcni`), binDir(plugins), chain === 'loopback' ? 'lo' : 'eth0'];
	const output = await run(join(import.meta.dirname, 'alone.sh'), args, {
		timeout: 60_000,
		signal,
		input: JSON.stringify(configOf(combination)),
	});
	return JSON.parse(output) as Outcome;
}

type RunOptions = {readonly timeout: number; readonly signal: AbortSignal | undefined; readonly input?: string};

/** Its standard output. */
async function run(program: string, args: readonly string[], {input = '', ...options}: RunOptions): Promise<string> {
	return new Promise((resolve, reject) => {
		const child = execFile(program, args, {...options, env: environment, killSignal: 'SIGKILL'}, (error, stdout) => {
			if (error === null) {
				resolve(stdout);
			} else {
				reject(error);
			}
		});
		child.stdin?.on('error', () => {}); // The error of the program says more.
		child.stdin?.end(input);
	});
}
