import {Buffer} from 'node:buffer';
import test from 'ava';
import * as fc from 'fast-check';
import {ApiError, forbidden} from '../../lib/cluster/errors.ts';
import {asObject} from '../../lib/cluster/json.ts';
import {splitLines} from '../../lib/cluster/lines.ts';
import {nodeRows} from '../../lib/cluster/node-rows.ts';
import {proxyFor} from '../../lib/cluster/proxy.ts';
import {watchPods} from '../../lib/cluster/watch.ts';
import {UserError} from '../../lib/errors.ts';
import {fuzzRuns} from '../fuzz-runs.ts';
import {fakeApi} from './fake-api.ts';
import {FakeClock} from './fake-clock.ts';

const runs = fuzzRuns(300);

test('lines are the same however their bytes are cut', async t => {
	await fc.assert(
		fc.asyncProperty(fc.array(fc.string({unit: 'binary'})), fc.array(fc.nat(7)), async (texts, cuts) => {
			const bytes = Buffer.from(texts.map(text => `${text}\n`).join(''));
			const chunks = async function* () {
				for (let from = 0, at = 0; from < bytes.length; at += 1) {
					const size = 1 + (cuts[at % Math.max(1, cuts.length)] ?? 100);
					yield bytes.subarray(from, from + size);
					from += size;
				}
			};

			const expected = bytes.toString().split('\n').slice(0, -1);
			t.deepEqual(await Array.fromAsync(splitLines(chunks(), 1_000_000)), expected);
		}),
		runs,
	);
});

const oddly = fc.oneof(fc.jsonValue(), fc.constantFrom('Table', 'Node', 'NodeList', 'name', {__proto__: null, cells: 7}));
const table = fc.record({
	kind: fc.constantFrom('Table', 'Node', 'NodeList', 'x', 5),
	columnDefinitions: fc.oneof(
		oddly,
		fc.constant(
			['Name', 'Status', 'Roles', 'Version', 'Internal-IP', 'External-IP', 'OS-Image', 'Kernel-Version', 'Container-Runtime'].map(
				name => ({name}),
			),
		),
	),
	rows: fc.array(
		fc.record({
			cells: fc.oneof(oddly, fc.array(oddly)),
			object: fc.oneof(oddly, fc.record({metadata: fc.record({uid: oddly, labels: oddly, annotations: oddly})})),
		}),
	),
	items: fc.oneof(
		oddly,
		fc.array(
			fc.record({
				metadata: oddly,
				spec: oddly,
				status: fc.record({conditions: oddly, addresses: fc.array(oddly), nodeInfo: oddly}),
			}),
		),
	),
	metadata: oddly,
	status: oddly,
	spec: oddly,
});

test('no list of nodes, however odd, is more than rows of bounded text', t => {
	fc.assert(
		fc.property(table, answer => {
			for (const row of nodeRows(asObject(answer)) ?? []) {
				const {uid, labels, annotations, ...cells} = row;
				t.true(Object.values(cells).every(cell => typeof cell === 'string' && cell.length <= 512));
				t.true(
					[uid ?? '', ...Object.values(labels ?? {}), ...Object.values(annotations ?? {})].every(
						text => typeof text === 'string',
					),
				);
			}
		}),
		runs,
	);
});

test('no line of a watch, however odd, is more than an event or a broken connection', async t => {
	const event = fc.record({
		type: fc.constantFrom('ADDED', 'DELETED', 'ERROR', 'BOOKMARK', 7),
		object: fc.oneof(oddly, fc.record({kind: fc.constantFrom('Pod', 'x'), metadata: oddly, code: oddly})),
	});
	const line = fc.oneof(
		fc.string(),
		event.map(value => JSON.stringify(value)),
	);
	await fc.assert(
		fc.asyncProperty(fc.array(line), async lines => {
			const clock = new FakeClock(30_000);
			const open = async function* () {
				yield* lines;
			};
			const api = fakeApi(...Array.from({length: 100}, () => open));
			const relist = async () => ({pods: [], resourceVersion: '5'});
			const events = watchPods(api, {
				namespace: 'p',
				labelSelector: '',
				resourceVersion: '1',
				clock,
				signal: new AbortController().signal,
				relist,
				random: () => 0,
			});
			try {
				for (let count = 0; count < 20; count += 1) {
					t.regex((await events.next()).value.type, /^(ADDED|DELETED|RELISTED)$/);
				}
			} catch (error) {
				t.true(error instanceof UserError, String(error));
			} finally {
				await events.return(undefined as never);
			}
		}),
		runs,
	);
});

test('no refusal, however odd, is more than an error with a message', t => {
	fc.assert(
		fc.property(oddly, fc.string(), fc.string(), (json, text, retryAfter) => {
			const error = new ApiError({
				server: 'https://x',
				method: 'GET',
				path: '/x',
				status: 403,
				headers: {'retry-after': retryAfter},
				json,
				text,
			});
			t.not(error.message, '');
			t.true(error.retryAfter === undefined || error.retryAfter >= 0);
			t.true(forbidden(error, 'https://x') === undefined || forbidden(error, 'https://x') instanceof UserError);
		}),
		runs,
	);
});

test('no NO_PROXY, however odd, breaks the choice of a proxy', t => {
	const entry = fc.oneof(
		fc.string(),
		fc.ipV4(),
		fc.ipV6(),
		fc.domain(),
		fc.tuple(fc.ipV4(), fc.nat(40)).map(([ip, bits]) => `${ip}/${bits}`),
	);
	fc.assert(
		fc.property(fc.array(entry), fc.oneof(fc.ipV4(), fc.domain()), (entries, host) => {
			const proxy = proxyFor(new URL(`https://${host}:6443`), undefined, {
				HTTPS_PROXY: 'http://proxy:1',
				NO_PROXY: entries.join(),
			});
			t.true(proxy === undefined || proxy.href === 'http://proxy:1/');
		}),
		runs,
	);
});
