import {checksum} from '../../lib/node-script/checksum.ts';
import {type NodeShell, type ShellCommand, ShellLost} from '../../lib/transport/node-shell.ts';

export const run = 'abcdefghij';
export const uid = 'uid-of-node';

/** A node's answer: records, each a line; whole bytes with an exit code; or a way that was cut. */
export type Reply = readonly string[] | {readonly raw: string; readonly stderr?: string; readonly code: number} | 'lost';

export type FakeShell = NodeShell & {
	readonly asked: readonly {readonly words: readonly string[]; readonly command: ShellCommand}[];
};

/** A shell of canned answers: each command takes the next, and the last one again and again. */
export function fakeShell(...replies: readonly Reply[]): FakeShell {
	const asked: {readonly words: readonly string[]; readonly command: ShellCommand}[] = [];
	return {
		way: 'pod',
		asked,
		async exec(words, command) {
			const reply = replies[Math.min(asked.length, replies.length - 1)] ?? 'lost';
			asked.push({words, command});
			if (reply === 'lost') {
				throw new ShellLost('the stream was cut');
			}

			return 'raw' in reply
				? {code: reply.code, stdout: Buffer.from(reply.raw), stderr: reply.stderr ?? ''}
				: {code: 0, stdout: Buffer.from(framed(reply)), stderr: ''};
		},
		async close() {},
	};
}

/** As act.sh answers, with what a noisy shell says around it. */
export function framed(records: readonly string[], of = run): string {
	const payload = records.map(record => `${record}\n`).join('');
	const sum = checksum(Buffer.from(`1 ${of} ${uid} plain ${payload.length}\n${payload}`));
	return `Welcome!\n#cni-upgrade BEGIN ${of}\n${payload}#cni-upgrade END 1 ${of} ${uid} plain ${payload.length} ${sum}\nlogout\n`;
}
