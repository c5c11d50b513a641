import {mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import type {ServerResponse} from 'node:http';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {gzipSync} from 'node:zlib';
import test, {type ExecutionContext} from 'ava';
import {type Answer, caFile, json, testServer} from '../cluster-client/test-server.ts';
import {type CliResult, cli} from '../cmd/run-cli.ts';
import {forbidden} from '../print/hostile-text.ts';
import {hurried} from './fleet.ts';
import {hostileText} from './hostile-node.ts';

/** The command line in front of a server that answers as it likes. */
async function against(t: ExecutionContext, answer: Answer, argv: readonly string[] = ['--via', 'api']): Promise<CliResult> {
	const server = await testServer(t, answer);
	const directory = mkdtempSync(join(tmpdir(), 'cni-upgrade-server-'));
	t.teardown(() => rmSync(directory, {recursive: true}));
	const kubeconfig = join(directory, 'config');
	writeFileSync(
		kubeconfig,
		JSON.stringify({
			'current-context': 'x',
			contexts: [{name: 'x', context: {cluster: 'x', user: 'x'}}],
			clusters: [{name: 'x', cluster: {server: server.url, 'certificate-authority': caFile}}],
			users: [{name: 'x', user: {token: 'secret-token'}}],
		}),
	);
	return cli(['preflight', '--kubeconfig', kubeconfig, ...argv], {clock: hurried});
}

const fails = test.macro(async (t, answer: Answer, says: RegExp, argv?: readonly string[]) => {
	const {code, stdout, stderr} = await against(t, answer, argv);
	t.is(code, 1, stderr);
	t.is(stdout, '');
	t.regex(stderr, says);
	t.is([...stderr.matchAll(/^error: /gm)].length, 1);
	t.notRegex(stderr.replaceAll('\n', ''), forbidden);
	t.notRegex(stderr, /\n {4}at |secret-token/);
	t.true(stderr.length < 6000, `${stderr.length} characters`);
});

const answers =
	(value: unknown): Answer =>
	(_, response) =>
		json(response, 200, value);

test(
	'another kind',
	fails,
	answers({kind: 'SecretList', items: []}),
	/answered a SecretList where Table or NodeList was asked for/,
);
test('a kind of escapes', fails, answers({kind: hostileText}), /answered a \\x1b\[2J/);
test('no kind', fails, answers({items: []}), /answered something without a kind/);
test('a list', fails, answers([1, 2]), /answered something without a kind/);
test('null', fails, answers(null), /answered something without a kind/);
test('`__proto__` as the answer', fails, answers({['__proto__']: {kind: 'NodeList'}}), /answered something without a kind/);
test('an empty fleet', fails, answers({kind: 'NodeList', items: []}), /the cluster has no nodes/);
test(
	'a list whose next page is always the same',
	fails,
	answers({kind: 'NodeList', metadata: {continue: 'again'}, items: []}),
	/gave a list of \/api\/v1\/nodes that has no end/,
);

let page = 0;
test(
	'a list that has always one more page',
	fails,
	(_, response) => {
		page += 1;
		json(response, 200, {kind: 'NodeList', metadata: {continue: `page-${page}`}, items: []});
	},
	/gave a list of \/api\/v1\/nodes that has no end/,
);

const refuses =
	(code: number, headers: Readonly<Record<string, string>>, body = ''): Answer =>
	(_, response) =>
		response.writeHead(code, headers).end(body);

test('a redirect to another host', fails, refuses(307, {location: 'https://evil.example.com/'}), /sends us on to https:\/\/evil/);
test('a redirect to escapes', fails, refuses(302, {location: 'https://x/\u009b31m'}), /sends us on to https:\/\/x\/\\x9b31m/);
test('a redirect to nowhere', fails, refuses(301, {}), /sends us on to nowhere/);
test('a page for people', fails, refuses(200, {'content-type': 'text/html'}, '<html>'), /where the Kubernetes API was expected/);
test('half a JSON', fails, refuses(200, {'content-type': 'application/json'}, '{"kind": '), /cannot be read/);
test('a refusal of escapes', fails, (_, response) => json(response, 400, {kind: 'Status', message: hostileText}), /\\x1b\[2J/);
test(
	'a refusal of a megabyte',
	fails,
	(_, response) => json(response, 400, {kind: 'Status', message: 'x'.repeat(1_000_000)}),
	/^error: x{4000}…$/m,
);

function endless(response: ServerResponse, chunk: string): void {
	const more = () => {
		while (!response.destroyed && response.write(chunk)) {
			// Until its buffer is full.
		}
	};
	response.on('drain', more);
	more();
}

test(
	'an answer without end',
	fails,
	(_, response) => {
		response.writeHead(200, {'content-type': 'application/json'}).write('{"kind":"NodeList","items":["');
		endless(response, 'x'.repeat(65_536));
	},
	/longer than 67108864 bytes/,
);
test(
	'an answer that unpacks to 80 MiB',
	fails,
	(_, response) => {
		response
			.writeHead(200, {'content-type': 'application/json', 'content-encoding': 'gzip'})
			.end(gzipSync(Buffer.alloc(80 << 20, ' ')));
	},
	/longer than 67108864 bytes/,
);

test('20,000 rows of nonsense are rows, and no more', async t => {
	const {code, stdout, stderr} = await against(t, answers({kind: 'NodeList', items: Array.from({length: 20_000}, () => 7)}), [
		'--via',
		'api',
		'-ojson',
	]);
	t.is(code, 1, stderr);
	t.is((JSON.parse(stdout) as {nodes: unknown[]}).nodes.length, 20_000);
});
