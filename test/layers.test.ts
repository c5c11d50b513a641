import {globSync, readFileSync} from 'node:fs';
import {dirname, relative, resolve} from 'node:path';
import test from 'ava';

/** The architecture as data: what each room may import besides itself. `errors` and `version` are open to all. */
const rooms: Readonly<Record<string, readonly string[]>> = {
	'lib/cni': ['lib/facts', 'lib/runtime'],
	'lib/runtime': ['lib/facts', 'lib/cni'],
	'lib/facts': ['lib/cni', 'lib/runtime', 'lib/node-field.ts'],
	'lib/check': ['lib/facts', 'lib/cni', 'lib/runtime'],
	'lib/node-script': ['lib/node-field.ts'],
	'lib/cluster': ['lib/clock.ts'],
	'lib/ssh': ['lib/clock.ts', 'lib/window.ts'],
	'lib/drain': ['lib/cluster', 'lib/clock.ts', 'lib/pace.ts', 'lib/window.ts'],
	'lib/transport': ['lib/node-script', 'lib/cluster', 'lib/ssh', 'lib/clock.ts', 'lib/pace.ts', 'lib/window.ts'],
	'lib/collect': [
		'lib/transport',
		'lib/ssh',
		'lib/node-script',
		'lib/cluster',
		'lib/check',
		'lib/facts',
		'lib/cni',
		'lib/runtime',
		'lib/clock.ts',
	],
	'lib/release': ['lib/cni', 'lib/clock.ts'],
	'lib/plan': ['lib/check', 'lib/facts', 'lib/cni', 'lib/runtime', 'lib/release', 'lib/drain', 'lib/node-field.ts'],
	'lib/run': [
		'lib/plan',
		'lib/drain',
		'lib/release',
		'lib/collect',
		'lib/transport',
		'lib/node-script',
		'lib/cluster',
		'lib/check',
		'lib/facts',
		'lib/cni',
		'lib/runtime',
		'lib/clock.ts',
	],
	'lib/print': ['lib/check', 'lib/plan', 'lib/drain', 'lib/facts', 'lib/cni', 'lib/runtime'],
	cmd: ['lib'],
	krew: ['cmd', 'lib'],
};

/** Rooms and files that judge and plan: they know no time, no process and no input or output. */
const pure = [
	'lib/cni',
	'lib/runtime',
	'lib/facts',
	'lib/check',
	'lib/plan',
	'lib/drain/filters.ts',
	'lib/drain/pod.ts',
	'lib/node-field.ts',
];
const isPure = (file: string) => pure.some(place => file === place || file.startsWith(`${place}/`));

/** Each npm package and the one file that may import it as a value. */
const homes: Readonly<Record<string, string>> = {
	yargs: 'cmd/parse.ts',
	'@kubernetes/client-node': 'lib/cluster/kubeconfig.ts',
	'cli-table3': 'lib/print/table.ts',
	ora: 'lib/print/progress.ts',
	'string-width': 'lib/print/width.ts',
	'smol-toml': 'lib/runtime/toml.ts',
	valibot: 'lib/facts/saved.ts',
	ssh2: 'lib/ssh/connection/connection.ts',
	esbuild: 'krew/build.ts',
	'modern-tar': 'lib/release/tar.ts',
};

const root = resolve(import.meta.dirname, '..');
const files = globSync('{cmd,lib,krew}/**/*.ts', {cwd: root});

type Import = {readonly file: string; readonly to: string; readonly typeOnly: boolean};

function importsOf(file: string): readonly Import[] {
	const source = readFileSync(resolve(root, file), 'utf8');
	return [...source.matchAll(/^(?:import|export) (type )?[^;]*?from '([^']+)'|^import '([^']+)'|import\('([^']+)'\)/gm)].map(
		match => {
			const name = match[2] ?? match[3] ?? match[4] ?? '';
			const to = name.startsWith('.') ? relative(root, resolve(root, dirname(file), name)) : name;
			return {file, to, typeOnly: match[1] !== undefined};
		},
	);
}

const imports = files.flatMap(file => importsOf(file));
const roomOf = (path: string) => Object.keys(rooms).find(room => path.startsWith(`${room}/`));

test('every file under cmd, lib and krew is in a room that the picture knows', t => {
	const open = new Set([
		'lib/errors.ts',
		'lib/version.ts',
		'lib/clock.ts',
		'lib/pace.ts',
		'lib/window.ts',
		'lib/yaml.ts',
		'lib/node-field.ts',
	]);
	t.deepEqual(
		files.filter(file => roomOf(file) === undefined && !open.has(file)),
		[],
	);
});

test('imports follow the arrows of the picture', t => {
	const breaches = imports.filter(({file, to}) => {
		const from = roomOf(file);
		const isOwn = from !== undefined && to.startsWith(`${from}/`);
		const isOpen =
			!to.includes('/') || !/^(cmd|lib|krew|test)\//.test(to) || ['lib/errors.ts', 'lib/version.ts', 'lib/yaml.ts'].includes(to);
		return (
			from !== undefined &&
			!isOwn &&
			!isOpen &&
			!(rooms[from] ?? []).some(allowed => to === allowed || to.startsWith(`${allowed}/`))
		);
	});
	t.deepEqual(breaches, []);
});

test('the pure rooms import no Node.js built-in, await nothing and know no clock', t => {
	const impure = files
		.filter(file => isPure(file))
		.filter(file => {
			const code = readFileSync(resolve(root, file), 'utf8').replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*|'[^'\n]*'|`[^`]*`/g, '');
			return /\bawait\b|\bprocess\.|Date\.now|new Date\(\)|setTimeout|Math\.random/.test(code);
		});
	t.deepEqual(impure, []);
	t.deepEqual(
		imports.filter(({file, to}) => to.startsWith('node:') && isPure(file)),
		[],
	);
});

test('each npm package has one home', t => {
	const packageOf = (to: string) => (to.startsWith('@') ? to.split('/').slice(0, 2).join('/') : to.split('/')[0]) ?? '';
	const elsewhere = imports.filter(({file, to, typeOnly}) => {
		const home = homes[packageOf(to)];
		return home !== undefined && home !== file && !typeOnly;
	});
	t.deepEqual(elsewhere, []);
});

test('nothing under lib writes to the console or ends the process', t => {
	const loud = files.filter(
		file => file.startsWith('lib/') && /\bconsole\.|process\.exit\b/.test(readFileSync(resolve(root, file), 'utf8')),
	);
	t.deepEqual(loud, []);
});

test('the version is the same everywhere', async t => {
	const {version} = await import('../lib/version.ts');
	const {version: published} = JSON.parse(readFileSync(resolve(root, 'package.json'), 'utf8')) as {version: string};
	t.is(version, published);
	t.regex(
		readFileSync(resolve(root, 'krew/cni-upgrade.yaml'), 'utf8'),
		new RegExp(`version: v${published.replaceAll('.', '\\.')}\n`),
	);
	t.regex(readFileSync(resolve(root, 'CHANGELOG.md'), 'utf8'), new RegExp(`^## ${published.replaceAll('.', '\\.')}`, 'm'));
});
