import {mkdtempSync, readFileSync, rmSync, statSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {Ajv2020} from 'ajv/dist/2020.js';
import test from 'ava';
import type {Report} from '../../lib/check/report.ts';
import {startEmbeddedCluster} from '../embedded/embedded-cluster.ts';
import {demoFleet} from '../embedded/scenarios.ts';
import {type CliResult, cli} from './run-cli.ts';

const directory = mkdtempSync(join(tmpdir(), 'cni-upgrade-'));
const cluster = await startEmbeddedCluster({
	// A silent kubelet costs its time; what it leads to is tested with the transport.
	nodes: demoFleet().filter(({object}) => object.metadata.name !== 'worker-6'),
	users: [
		{name: 'lister', rules: [{verbs: ['list'], apiGroups: [''], resources: ['nodes']}]},
		{name: 'nobody', rules: []},
	],
});

function kubeconfigOf(user?: string): string {
	const path = join(directory, `kubeconfig-${user ?? 'admin'}`);
	writeFileSync(path, cluster.kubeconfig(user));
	return path;
}

test.after.always(async () => {
	await cluster.stop();
	rmSync(directory, {recursive: true});
});

async function preflight(
	argv: readonly string[] = [],
	{user, signal}: {readonly user?: string; readonly signal?: AbortSignal} = {},
): Promise<CliResult> {
	return cli(['preflight', ...argv], {env: {KUBECONFIG: kubeconfigOf(user)}, ...(signal && {signal})});
}

const leftovers = () =>
	[...cluster.list('pods'), ...cluster.list('configmaps')].filter(({metadata}) => metadata.name.startsWith('cni-upgrade-'));

test.serial('every node is asked and judged, one table is printed, and nothing is left behind', async t => {
	const {code, stdout, stderr} = await preflight();
	t.is(code, 3, stderr);
	const [table = ''] = stdout.split('\n\n');
	const rows = table.split('\n');
	t.regex(rows[0] ?? '', /^NODE +RUNTIME +CONFIG +CNI VERSION +PLUGINS SUPPORT +VIA +VERDICT$/);
	const names = rows.slice(1).map(row => row.split(' ')[0]);
	t.deepEqual(
		names,
		names.toSorted((a = '', b = '') => (a < b ? -1 : 1)),
	);
	t.is(names.length, cluster.list('nodes').length);
	t.regex(stderr, /asking 7 nodes by a probe pod on each in namespace\/cni-upgrade\n/);
	t.false(`${stdout}${stderr}`.includes('\u001b'));
	t.deepEqual(leftovers(), []);
});

test.serial('-o json is as the schema says, and what --save kept is judged the same by lint', async t => {
	const saved = join(directory, 'facts.json');
	const {code, stdout, stderr} = await preflight(['-ojson', '--save', saved, '--timeout', '10s']);
	t.is(code, 3, stderr);
	const report = JSON.parse(stdout) as Report;
	const validate = new Ajv2020({strict: true, allowUnionTypes: true}).compile(
		JSON.parse(readFileSync(new URL('../../lib/print/report.schema.json', import.meta.url), 'utf8')) as object,
	);
	t.true(validate(report), JSON.stringify(validate.errors));
	t.is(statSync(saved).mode & 0o777, 0o600);

	const again = await cli(['lint', saved, '-o', 'json']);
	t.is(again.code, 3, again.stderr);
	t.deepEqual(JSON.parse(again.stdout), report);
	const judgedFor = await cli(['lint', saved, '--runtime', 'containerd://1.6.20']);
	t.is(judgedFor.code, 2);
	t.regex(judgedFor.stderr, /--runtime has no effect on saved facts/);

	const wide = await cli([
		'lint',
		saved,
		'-owide',
		'--no-headers',
		'--only',
		report.nodes.flatMap(({findings}) => findings)[0]?.check ?? '',
	]);
	t.notRegex(wide.stdout, /^NODE/);
	t.regex(wide.stdout, /checks were left out/);
	t.is((await cli(['lint', saved, '--fail-on', 'never'])).code, 0);
});

test.serial('facts that cannot be saved in the end cost no report', async t => {
	const saved = join(directory, 'late.json');
	// What saveFacts writes first; the disk may be full by then just as well.
	writeFileSync(`${saved}.${process.pid}.tmp`, '');
	const {code, stdout, stderr} = await preflight(['--save', saved]);
	t.is(code, 1);
	t.regex(stdout, /^NODE[\s\S]*\d+ nodes: /);
	t.regex(stderr, /late\.json cannot be written/);
});

test.serial('--via api is one request, leaves every verdict open, and needs no right but to list nodes', async t => {
	const before = cluster.requests.entries.length;
	const {code, stdout, stderr} = await preflight(['--via', 'api', '-v1', '--skip', 'node-ready'], {user: 'lister'});
	t.true([1, 3].includes(code), stderr);
	t.regex(stdout, /\n\nNOT KNOWN\n/);
	t.regex(stderr, /^1 requests to https:\/\/127\.0\.0\.1:\d+, 0 throttled\n$/);
	t.is(cluster.requests.entries.length - before, 1);
});

test.serial('Ctrl-C ends the run with 130, and no pod is left', async t => {
	const controller = new AbortController();
	const running = preflight([], {signal: controller.signal});
	while (cluster.list('pods').length === 0) {
		await new Promise(resolve => {
			setTimeout(resolve, 5);
		});
	}

	controller.abort(new Error('interrupted by SIGINT'));
	const {code, stdout, stderr} = await running;
	t.is(code, 130, stderr);
	t.is(stdout, '');
	t.deepEqual(leftovers(), []);
});

type Failure = {readonly code: number; readonly says: RegExp; readonly user?: string};

const fails = test.macro(async (t, argv: readonly string[], {code, says, user}: Failure) => {
	const result = await preflight(argv, user === undefined ? {} : {user});
	t.regex(result.stderr, says);
	t.is(result.code, code);
	t.is(result.stdout, '');
	t.notRegex(result.stderr, /\n {4}at /);
	t.deepEqual(leftovers(), []);
});

test.serial('an unknown node names the nearest', fails, ['worker-99'], {code: 1, says: /worker-99[\s\S]*worker-\d/});
test.serial('a selector that no node matches', fails, ['-l', 'pool=blue'], {
	code: 1,
	says: /no node has labels that match pool=blue/,
});
test.serial('a user without any right is told the rule', fails, [], {
	code: 5,
	says: /list[\s\S]*nodes[\s\S]*rbac preflight/,
	user: 'nobody',
});
test.serial('a user who may only list nodes is told what is missing for pods', fails, [], {
	code: 5,
	says: /error: /,
	user: 'lister',
});
test.serial('a wrong token', fails, ['--token', 'wrong'], {code: 1, says: /error: /});
test.serial('a context that is not there', fails, ['--context', 'nope'], {code: 1, says: /nope/});
test.serial('a server that is not there', fails, ['-s', 'https://127.0.0.1:1'], {code: 1, says: /127\.0\.0\.1:1/});
test('a check that is none', fails, ['--skip', 'node-redy'], {code: 2, says: /there is no check "node-redy"/});
test('a way that is none', fails, ['--via', 'carrier'], {code: 2, says: /expected one of auto, api, pod, ssh/});
test('a name with a slash', fails, ['../secrets'], {code: 2, says: /"\.\.\/secrets" is not a node name/});
test('an image with metacharacters', fails, ['--image', '$(id)'], {code: 2, says: /"\$\(id\)" is not an image/});
test('a pull secret for nothing', fails, ['--image-pull-secret', 'x'], {code: 2, says: /no effect without --image/});
test('a time that is none', fails, ['--timeout', '5'], {code: 2, says: /expected a duration such as/});
test('a request timeout that is none', fails, ['--request-timeout', 'soon'], {
	code: 2,
	says: /invalid value "soon" for --request-timeout/,
});
test('a file that could not be saved is named before any node is asked', fails, ['--save', '/nonexistent/x.json'], {
	code: 1,
	says: /file\/\/nonexistent\/x\.json cannot be written/,
});
test('a file without a name', fails, ['--save', ''], {code: 2, says: /--save needs a file/});
test('no kubeconfig', async t => {
	const {code, stderr} = await cli(['preflight'], {env: {HOME: '/nonexistent'}});
	t.is(code, 1, stderr);
	t.regex(stderr, /^error: .*kubeconfig/i);
});

test.serial('cleanup needs what "rbac cleanup" gives, and says so', async t => {
	const env = {KUBECONFIG: kubeconfigOf('nobody')};
	const refused = await cli(['cleanup', '--older-than', '0'], {env});
	t.is(refused.code, 5);
	t.regex(refused.stderr, /rbac cleanup/);

	const {stdout} = await cli(['rbac', 'cleanup']);
	const [, rules = ''] = /^rules:\n([\s\S]*)/m.exec(stdout) ?? [];
	cluster.users.setRules(
		'nobody',
		[...rules.matchAll(/resources:\n +- (\S+)\n +verbs:\n((?: +- \S+\n)+)/g)].map(([, resource = '', verbs = '']) => ({
			apiGroups: [''],
			resources: [resource],
			verbs: [...verbs.matchAll(/- (\S+)/g)].map(([, verb = '']) => verb),
			namespaces: ['cni-upgrade'],
		})),
	);
	cluster.store.create('configmaps', {
		apiVersion: 'v1',
		kind: 'ConfigMap',
		metadata: {
			name: 'cni-upgrade-left',
			creationTimestamp: '2026-01-01T00:00:00Z',
			namespace: 'cni-upgrade',
			labels: {'app.kubernetes.io/managed-by': 'kubectl-cni-upgrade', 'cni-upgrade/run': 'left'},
		},
	} as never);
	const {code, stdout: removed, stderr} = await cli(['cleanup', '--older-than', '0'], {env});
	cluster.users.setRules('nobody', []);
	t.is(code, 0, stderr);
	t.is(removed, 'configmap/cni-upgrade-left deleted\n');
});
