import {execFile} from 'node:child_process';
import {existsSync, readFileSync} from 'node:fs';
import {join} from 'node:path';
import {readFrame} from '../../../lib/node-script/frame.ts';
import {collectScript} from '../../../lib/node-script/script.ts';

/** What `machines.sh up` made: how to reach it, and with what. */
export type Machines = {
	/** A configuration of OpenSSH with everything in it: `ssh -F CONFIG node-bookworm`. */
	readonly config: string;
	readonly knownHosts: string;
	readonly key: string;
	/** The password that sudo asks user `careful` for. */
	readonly password: string;
	/** Those behind jump, by their addresses there. */
	readonly nodes: readonly {readonly name: string; readonly address: string}[];
};

const directory = '/var/lib/cni-upgrade-machines/ssh';

/** The machines that are up, or undefined. */
export function machines(): Machines | undefined {
	const config = join(directory, 'config');
	if (!existsSync(config)) {
		return undefined;
	}

	const text = readFileSync(config, 'utf8');
	return {
		config,
		knownHosts: join(directory, 'known_hosts'),
		key: join(directory, 'id_ed25519'),
		password: readFileSync(join(directory, 'password'), 'utf8').trim(),
		nodes: [...text.matchAll(/^Host (node-\w+)\n\tHostName (\S+)$/gm)].map(([, name = '', address = '']) => ({name, address})),
	};
}

/** The records of a node, asked with the node script by OpenSSH's own client. Rejects where no whole answer came. */
export async function askNode({config}: Machines, name: string, {user = 'root'}: {readonly user?: string} = {}): Promise<string> {
	const run = 'machine000';
	const output = await new Promise<string>((resolve, reject) => {
		const options = ['-F', config, '-l', user, '-o', 'BatchMode=yes', '-o', 'ConnectTimeout=10'];
		const child = execFile(
			'ssh',
			[...options, name, `sh -s -- ${run} ${name}`],
			{encoding: 'latin1', timeout: 60_000},
			(error, stdout) => {
				if (error === null) {
					resolve(stdout);
				} else {
					reject(error);
				}
			},
		);
		child.stdin?.on('error', () => {}); // The error of the command says more.
		child.stdin?.end(collectScript());
	});
	const frame = readFrame(output, {run, uid: name});
	if (frame.kind !== 'answer') {
		throw new Error(`${name}: ${frame.kind === 'damaged' ? frame.reason : 'its answer is not in its output'}`);
	}

	return frame.records;
}
