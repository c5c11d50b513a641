import {mkdtempSync, readdirSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import test, {type ExecutionContext} from 'ava';
import {socksProxy} from '../cluster-client/socks-proxy.ts';
import {startEmbeddedCluster} from '../embedded/embedded-cluster.ts';
import {configNewerThanPlugins, crioNode, healthyNode} from '../embedded/scenarios.ts';
import {builtPlugin, type Ended, onPath} from './built-plugin.ts';

/** Not signed: who checks that is the API server, and the embedded one compares. */
const idToken = [{}, {exp: 4_000_000_000}, {}].map(part => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.');

const {run, remove} = await builtPlugin();
const cluster = await startEmbeddedCluster({
	nodes: [healthyNode(), configNewerThanPlugins(), crioNode()],
	users: [{name: 'sso', rules: [{verbs: ['*'], resources: ['*']}]}],
});
cluster.users.setToken('sso', idToken);
test.after.always(async () => cluster.stop());
test.after.always(remove);

/** Runs it with an empty HOME, and a kubeconfig beside it. */
async function preflight(
	t: ExecutionContext,
	{
		kubeconfig = cluster.kubeconfig(),
		file,
		words = ['preflight'],
	}: {readonly kubeconfig?: string; readonly file?: string; readonly words?: readonly string[]} = {},
): Promise<Ended & {readonly written: readonly string[]}> {
	const dir = mkdtempSync(join(tmpdir(), 'cni-upgrade-'));
	t.teardown(() => rmSync(dir, {recursive: true}));
	writeFileSync(join(dir, 'kubeconfig'), kubeconfig, {mode: 0o600});
	const env = {HOME: dir, TMPDIR: dir, KUBECONFIG: join(dir, 'kubeconfig')};
	const ended = await run(words, {env, cwd: dir, ...(file !== undefined && {file})});
	return {...ended, written: readdirSync(dir).filter(name => name !== 'kubeconfig')};
}

/** Three nodes were asked by pods, one of them has an error, and no pod and no script is left in the cluster. */
function isReport(t: ExecutionContext, {code, stdout, stderr}: Ended, made: number): void {
	t.is(code, 3, stderr);
	const [table = ''] = stdout.split('\n\n');
	t.deepEqual(
		table.split('\n').map(row => [row.split(' ')[0], ...(row.match(/\bpod +\w+$/) ?? []).map(end => end.replace(/ +/, ' '))]),
		[['NODE'], ['control-1', 'pod ok'], ['worker-1', 'pod error'], ['worker-4', 'pod ok']],
	);
	t.is(cluster.alive.made - made, 3);
	t.deepEqual(
		[...cluster.list('pods'), ...cluster.list('configmaps')].map(({metadata}) => metadata.name),
		[],
	);
}

test.serial('preflight asks every node by a pod and leaves nothing, neither in the cluster nor on this machine', async t => {
	const made = cluster.alive.made;
	const ended = await preflight(t);
	isReport(t, ended, made);
	t.deepEqual(ended.written, []);
});

const kubectl = onPath('kubectl');
const withKubectl = kubectl === undefined ? test.serial.skip : test.serial;
withKubectl(`kubectl finds it as cni-upgrade and hands its exit code on${kubectl ? '' : ' (no kubectl is on PATH)'}`, async t => {
	const made = cluster.alive.made;
	isReport(t, await preflight(t, {file: kubectl ?? '', words: ['cni-upgrade', 'preflight']}), made);
});

// Both are client-node's work, of which the build leaves out most.
test.serial('a user with an auth-provider', async t => {
	const made = cluster.alive.made;
	const provider = {name: 'oidc', config: {'id-token': idToken, 'client-id': 'c', 'idp-issuer-url': 'https://127.0.0.1:1'}};
	const kubeconfig = cluster.kubeconfig('sso').replace(`token: ${idToken}`, `auth-provider: ${JSON.stringify(provider)}`);
	t.regex(kubeconfig, /auth-provider/);
	isReport(t, await preflight(t, {kubeconfig}), made);
});

test.serial('a cluster behind a SOCKS proxy', async t => {
	const made = cluster.alive.made;
	const {port, asked} = await socksProxy(t);
	const kubeconfig = cluster.kubeconfig().replace(/(server: .*)/, `$1\n    proxy-url: socks5://127.0.0.1:${port}`);
	isReport(t, await preflight(t, {kubeconfig}), made);
	t.deepEqual([...new Set(asked)], [new URL(cluster.url).host]);
});
