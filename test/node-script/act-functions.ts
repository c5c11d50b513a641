import {spawn} from 'node:child_process';
import {chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {dirname, join} from 'node:path';
import {actScript} from '../../lib/node-script/act-script.ts';

/** A directory tree that stands for a node, with stand-ins before the machine's own programs, and the functions of act.sh in it. */
export type ActTree = {
	readonly root: string;
	/** Where the stand-ins keep what they know. */
	readonly db: string;
	readonly run: string;
	write(path: string, content: string, mode?: number): void;
	read(path: string): string;
	has(path: string): boolean;
	/** What a finished run leaves, and what a rollback of one begins with. */
	finish(): void;
	/** Runs shell text after the functions were read; `why` is what a failed function left. */
	call(text: string, shell?: readonly string[]): Promise<Called>;
};

export type Called = {readonly records: readonly (readonly string[])[]; readonly why: string; readonly output: string};

const run = 'abcdefghij';
const directory = realpathSync(mkdtempSync(join(tmpdir(), 'cni-upgrade-functions-')));
process.once('exit', () => rmSync(directory, {recursive: true, force: true}));
let trees = 0;

/** The script but for its last line, which would carry out a verb, and what `main` and `begin` set. */
const prelude = `${actScript().slice(0, actScript().lastIndexOf('\nmain "$@"'))}
newline='
' tab='	'
blanks=" $tab$newline"
IFS=$blanks
set -f
LC_ALL=C
export LC_ALL
umask 077
root=$CNI_UPGRADE_ROOT timeout=yes run=${run} uid=u verb=test step=test skipped='' detail='' why='' outcome='' kubeadm='' epoch_at_boot=''
base=$root/var/lib/cni-upgrade
run_dir=$base/$run plan_file=$base/$run/plan
must_be_current() { return 0; }
`;

/** Plants a node. A stand-in is the body of a shell script; \`$DB\` is where it keeps what it knows. */
export function actTree({
	files = {},
	commands = {},
	orders = [],
}: {
	readonly files?: Readonly<Record<string, string>>;
	readonly commands?: Readonly<Record<string, string>>;
	readonly orders?: readonly string[];
} = {}): ActTree {
	const base = join(directory, String(++trees));
	const root = join(base, 'root');
	const bin = join(base, 'bin');
	const db = join(base, 'db');
	mkdirSync(join(db, 'repo'), {recursive: true});
	mkdirSync(bin);
	const at = `/var/lib/cni-upgrade/${run}`;
	for (const name of ['stage', 'backup', 'state']) {
		mkdirSync(join(root, at, name), {recursive: true});
	}

	const write = (path: string, content: string, mode = 0o644) => {
		mkdirSync(dirname(join(root, path)), {recursive: true});
		writeFileSync(join(root, path), content);
		chmodSync(join(root, path), mode);
	};

	write('/usr/bin/.node', '');
	write(`${at}/plan`, ['cni-upgrade 1', ...orders, 'end', ''].join('\n'));
	for (const [path, content] of Object.entries(files)) {
		write(path, content);
	}

	for (const [name, body] of Object.entries({systemctl: '', sync: '', ...commands})) {
		writeFileSync(join(bin, name), `#!/bin/sh\nDB=${db}\n${body}\n`, {mode: 0o755});
	}

	return {
		root,
		db,
		run: at,
		write,
		read: path => readFileSync(join(root, path), 'utf8'),
		has: path => existsSync(join(root, path)),
		finish() {
			rmSync(join(root, at, 'stage'), {recursive: true});
			rmSync(join(root, at, 'state'), {recursive: true});
			mkdirSync(join(root, at, 'state'));
		},
		async call(text, shell = ['/bin/sh']) {
			const [program = '/bin/sh', ...flags] = shell;
			const child = spawn(program, [...flags, '-s'], {
				env: {PATH: `${bin}:${process.env['PATH'] ?? ''}:/usr/sbin:/sbin`, CNI_UPGRADE_ROOT: root},
				stdio: ['pipe', 'pipe', 'pipe', 'pipe'],
			});
			const parts: string[] = ['', '', ''];
			for (const [index, stream] of child.stdio.slice(1).entries()) {
				(stream as NodeJS.ReadableStream).setEncoding('utf8').on('data', (chunk: string) => {
					parts[index] += chunk;
				});
			}

			child.stdin?.on('error', () => {});
			child.stdin?.end(`${prelude}\n{ ${text}\n} || printf 'WHY %s\\n' "$why" >&2\n`);
			await new Promise(resolve => {
				child.on('close', resolve);
			});
			const [stdout = '', stderr = '', records = ''] = parts;
			return {
				records: records
					.split('\n')
					.filter(line => line !== '')
					.map(line => line.split('\t').map(field => (field === '%' ? '' : decodeURIComponent(field)))),
				why: /^WHY (.*)$/m.exec(stderr)?.[1] ?? '',
				output: stdout + stderr,
			};
		},
	};
}
