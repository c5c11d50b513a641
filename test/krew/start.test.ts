import {mkdir, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import test from 'ava';
import {builtPlugin} from './built-plugin.ts';
import {evaluatedBy} from './evaluated.ts';

const built = await builtPlugin({map: true});
test.after.always(built.remove);

const isOwn = (name: string) => /^(cmd|lib)\//.test(name);

/** What only a run that needs it may load: an API client and its logins, SSH, WebSockets, the spinner. */
const heavy = /^(@kubernetes\/client-node|openid-client|jose|socks|ssh2|ws|isomorphic-ws|undici|ora)$/;

test.serial('--version evaluates one module beside its own', async t => {
	t.deepEqual(await evaluatedBy(built, ['--version']), ['lib/version.ts']);
});

const evaluatesNoPackage = test.macro(async (t, argv: readonly string[], file: string) => {
	const evaluated = await evaluatedBy(built, argv);
	t.true(evaluated.includes(file), evaluated.join('\n'));
	t.deepEqual(
		evaluated.filter(name => !isOwn(name)),
		[],
	);
});
test.serial('--help evaluates no package', evaluatesNoPackage, ['--help'], 'cmd/help.ts');
test.serial('help evaluates no package', evaluatesNoPackage, ['help'], 'cmd/help.ts');
test.serial('completing a command evaluates no package', evaluatesNoPackage, ['__complete', 'pre'], 'cmd/complete.ts');

const evaluatesNothingHeavy = test.macro(async (t, argv: readonly string[], file: string) => {
	const evaluated = await evaluatedBy(built, argv);
	t.true(evaluated.includes(file), evaluated.join('\n'));
	t.deepEqual(
		evaluated.filter(name => heavy.test(name)),
		[],
	);
});
test.serial('version evaluates nothing heavy', evaluatesNothingHeavy, ['version'], 'cmd/version.ts');
test.serial('preflight --help evaluates nothing heavy', evaluatesNothingHeavy, ['preflight', '--help'], 'cmd/preflight.ts');
test.serial('cleanup --help evaluates nothing heavy', evaluatesNothingHeavy, ['cleanup', '--help'], 'cmd/cleanup.ts');
test.serial(
	'completing a flag evaluates nothing heavy',
	evaluatesNothingHeavy,
	['__complete', 'preflight', '--'],
	'cmd/preflight.ts',
);

test.serial('a user with an auth-provider does load client-node: these tests can fail', async t => {
	await mkdir(join(built.dir, 'sso'));
	const kubeconfig = join(built.dir, 'sso', 'kubeconfig');
	await writeFile(
		kubeconfig,
		JSON.stringify({
			'current-context': 'x',
			contexts: [{name: 'x', context: {cluster: 'x', user: 'x'}}],
			clusters: [{name: 'x', cluster: {server: 'https://127.0.0.1:1'}}],
			users: [{name: 'x', user: {'auth-provider': {name: 'oidc', config: {}}}}],
		}),
	);
	const evaluated = await evaluatedBy(built, ['preflight', '--kubeconfig', kubeconfig]);
	t.true(evaluated.includes('@kubernetes/client-node'), evaluated.join('\n'));
	t.true(evaluated.includes('openid-client'));
});
