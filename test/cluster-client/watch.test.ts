import test from 'ava';
import type {ApiRequest} from '../../lib/cluster/api.ts';
import {ApiError} from '../../lib/cluster/errors.ts';
import {type PodEvent, watchPods} from '../../lib/cluster/watch.ts';
import {UserError} from '../../lib/errors.ts';
import {type FakeApi, fakeApi} from './fake-api.ts';
import {FakeClock} from './fake-clock.ts';
import {apiOf, refuse, testServer} from './test-server.ts';

const pod = (name: string, version: number) => ({
	kind: 'Pod',
	apiVersion: 'v1',
	metadata: {name, resourceVersion: String(version)},
});
const line = (type: string, object: unknown) => JSON.stringify({type, object});
const added = (name: string, version: number) => line('ADDED', pod(name, version));
const bookmark = (version: number) => line('BOOKMARK', pod('', version));
const expired = line('ERROR', {kind: 'Status', code: 410, reason: 'Expired', message: 'too old resource version'});
const refusal = (status: number) =>
	new ApiError({server: 'https://test', method: 'GET', path: '/x', status, headers: {}, json: undefined, text: ''});

/** A connection that gives these lines and then ends, breaks, or stays open until it is aborted. */
function connection(lines: readonly string[], end: 'ends' | 'breaks' | 'hangs' = 'ends') {
	return async function* ({signal}: ApiRequest): AsyncGenerator<string> {
		yield* lines;
		if (end === 'breaks') {
			throw Object.assign(new Error('aborted'), {code: 'ECONNRESET'});
		}

		if (end === 'hangs') {
			await new Promise((_, reject) => {
				signal.addEventListener('abort', () => reject(signal.reason as Error));
			});
		}
	};
}

const relisted = async () => ({pods: [pod('a', 7), pod('c', 8)], resourceVersion: '90'});

/** Reads so many events, then aborts. */
async function take(api: FakeApi, count: number, clock = new FakeClock(30_000)) {
	const controller = new AbortController();
	const events: string[] = [];
	const options = {
		namespace: 'probes',
		labelSelector: 'run=x',
		resourceVersion: '10',
		clock,
		signal: controller.signal,
		relist: relisted,
		random: () => 0,
	};
	try {
		for await (const event of watchPods(api, options)) {
			events.push(shown(event));
			if (events.length === count) {
				break;
			}
		}
	} finally {
		controller.abort(new Error('test is over'));
	}

	return {events, versions: api.asked.map(({query}) => query?.['resourceVersion']), naps: clock.naps};
}

function shown(event: PodEvent): string {
	return event.type === 'RELISTED'
		? `RELISTED ${event.names.join(',')}`
		: `${event.type} ${(event.pod as {metadata: {name: string}}).metadata.name}`;
}

type Resumed = {
	readonly connections: readonly unknown[];
	readonly events: readonly string[];
	/** The versions at which each connection began. */
	readonly versions: readonly string[];
	readonly naps?: readonly number[];
};

const resumes = test.macro(async (t, {connections, events, versions, naps = []}: Resumed) => {
	t.deepEqual(await take(fakeApi(...connections), events.length), {
		events: [...events],
		versions: [...versions],
		naps: [...naps],
	});
});

test('events come in order', resumes, {
	connections: [connection([added('a', 11), line('MODIFIED', pod('a', 12)), line('DELETED', pod('a', 13))])],
	events: ['ADDED a', 'MODIFIED a', 'DELETED a'],
	versions: ['10'],
});
test('after a connection broke off, the watch goes on where it was', resumes, {
	connections: [connection([added('a', 11)], 'breaks'), connection([added('b', 12)])],
	events: ['ADDED a', 'ADDED b'],
	versions: ['10', '11'],
	naps: [125],
});
test('a bookmark moves the place at which the watch goes on', resumes, {
	connections: [connection([added('a', 11), bookmark(55)], 'breaks'), connection([added('b', 56)])],
	events: ['ADDED a', 'ADDED b'],
	versions: ['10', '55'],
	naps: [125],
});
test('the same event twice is given twice and does no harm', resumes, {
	connections: [connection([added('a', 11), added('a', 11)])],
	events: ['ADDED a', 'ADDED a'],
	versions: ['10'],
});
test('a version that the server forgot leads to a list', resumes, {
	connections: [connection([added('a', 11), expired]), connection([added('d', 91)])],
	events: ['ADDED a', 'MODIFIED a', 'MODIFIED c', 'RELISTED a,c', 'ADDED d'],
	versions: ['10', '90'],
});
test('a watch that is refused with 410 leads to a list', resumes, {
	connections: [refusal(410), connection([added('d', 91)])],
	events: ['MODIFIED a', 'MODIFIED c', 'RELISTED a,c', 'ADDED d'],
	versions: ['10', '90'],
});
for (const [what, garbage] of Object.entries({
	'a line that is no JSON': '{"type":"ADDED","object":',
	'an object that is no pod': line('ADDED', {kind: 'Secret', metadata: {name: 's', resourceVersion: '12'}}),
	'an event of an unknown type': line('PROTO', pod('x', 12)),
	'an event without a version': line('ADDED', {kind: 'Pod', metadata: {name: 'x'}}),
	'an event that is a number': '7',
	'an error of the server': line('ERROR', {kind: 'Status', code: 500, message: 'etcd is gone'}),
	'`__proto__`': '{"__proto__": {"type": "ADDED"}}',
	'an empty line': '',
})) {
	test(`${what} ends the connection, and the watch goes on from the last good event`, resumes, {
		connections: [connection([added('a', 11), garbage, added('b', 12)]), connection([added('b', 12)])],
		events: ['ADDED a', 'ADDED b'],
		versions: ['10', '11'],
		naps: [125],
	});
}

test('garbage without end is told after ten connections, with growing pauses', async t => {
	const clock = new FakeClock(30_000);
	await t.throwsAsync(take(fakeApi(...Array.from({length: 20}, () => connection(['no JSON']))), 1, clock), {
		message: /again and again: the server sent a line that is no event of a pod$/,
	});
	t.deepEqual(clock.naps, [125, 250, 500, 1000, 2000, 2500, 2500, 2500, 2500, 2500]);
});

test('a server that ends each watch at once is told too, and not asked in a hot loop', async t => {
	const clock = new FakeClock(30_000);
	await t.throwsAsync(take(fakeApi(...Array.from({length: 20}, () => connection([]))), 1, clock), {
		instanceOf: UserError,
		message: /again and again: the server ends it at once$/,
	});
	t.is(clock.naps.length, 10);
});

test('a watch that the server ends after its time is opened anew at once', async t => {
	const clock = new FakeClock(30_000);
	const quiet = Array.from(
		{length: 30},
		() =>
			async function* () {
				clock.advance(20_000);
				yield bookmark(11);
			},
	);
	const {events} = await take(fakeApi(...quiet, connection([added('a', 11)])), 1, clock);
	t.deepEqual(events, ['ADDED a']);
	t.deepEqual(clock.naps, []);
});

test('a refusal ends the watch', async t => {
	await t.throwsAsync(take(fakeApi(refusal(403)), 1), {instanceOf: ApiError});
});

test('it asks for bookmarks and for a time at which the server ends it', async t => {
	const api = fakeApi(connection([added('a', 11)]));
	await take(api, 1);
	t.is(api.asked[0]?.path, '/api/v1/namespaces/probes/pods');
	t.deepEqual(api.asked[0]?.query, {
		watch: true,
		labelSelector: 'run=x',
		resourceVersion: '10',
		allowWatchBookmarks: true,
		timeoutSeconds: 300,
	});
});

test('the pods of one node are watched in all namespaces, and a fresh list names their uids', async t => {
	const api = fakeApi(connection([expired]), connection([added('b', 91)]));
	const events = watchPods(api, {
		namespace: undefined,
		fieldSelector: 'spec.nodeName=worker',
		resourceVersion: '10',
		clock: new FakeClock(30_000),
		signal: new AbortController().signal,
		relist: async () => ({pods: [{...pod('a', 7), metadata: {name: 'a', uid: 'u'}}], resourceVersion: '90'}),
	});
	t.is(shown((await events.next()).value), 'MODIFIED a');
	t.deepEqual((await events.next()).value, {type: 'RELISTED', names: ['a'], uids: ['u']});
	t.is(shown((await events.next()).value), 'ADDED b');
	t.is(api.asked[0]?.path, '/api/v1/pods');
	t.is(api.asked[0]?.query?.['fieldSelector'], 'spec.nodeName=worker');
	t.is(api.asked[0]?.query?.['labelSelector'], undefined);
});

/** Waits, without a clock, until something holds. */
async function until(holds: () => boolean): Promise<void> {
	while (!holds()) {
		await new Promise(resolve => {
			setImmediate(resolve);
		});
	}
}

test('a connection over which nothing comes for 45 s is opened anew from the last event', async t => {
	const clock = new FakeClock(30_000);
	const api = fakeApi(connection([added('a', 11)], 'hangs'), connection([added('b', 12)]));
	const taken = take(api, 2, clock);
	await until(() => clock.waiting === 1);
	clock.advance(44_999);
	await new Promise(resolve => {
		setImmediate(resolve);
	});
	t.is(api.asked.length, 1);
	clock.advance(1);
	t.deepEqual((await taken).events, ['ADDED a', 'ADDED b']);
	t.deepEqual(
		api.asked.map(({query}) => query?.['resourceVersion']),
		['10', '11'],
	);
	t.deepEqual(clock.naps, []);
});

test('a half-open connection to a real server is noticed, and its socket closed', async t => {
	let closed = 0;
	const server = await testServer(t, (request, response) => {
		response.writeHead(200, {'content-type': 'application/json'});
		response.write(`${added(`pod-${server.requests.length}`, 10 + server.requests.length)}\n`);
		request.socket.on('close', () => {
			closed += 1;
		});
	});
	const clock = new FakeClock(10_000);
	const controller = new AbortController();
	const events = watchPods(apiOf(t, server.url, {clock}), {
		namespace: 'probes',
		labelSelector: 'run=x',
		resourceVersion: '10',
		clock,
		signal: controller.signal,
		relist: relisted,
	});
	t.is(shown((await events.next()).value), 'ADDED pod-1');
	const second = events.next();
	await until(() => clock.waiting === 1);
	clock.advance(45_000);
	t.is(shown((await second).value), 'ADDED pod-2');
	t.is(new URL(server.requests[1]?.url ?? '', server.url).searchParams.get('resourceVersion'), '11');
	await until(() => closed === 1);
	const third = t.throwsAsync(events.next(), {message: 'Ctrl-C'});
	controller.abort(new Error('Ctrl-C'));
	await third;
	await until(() => closed === 2);
	t.is(clock.waiting, 0);
});

test('a line of more than 8 MiB ends the connection before it is held whole', async t => {
	let sent = 0;
	const server = await testServer(t, (_, response) => {
		response.writeHead(200, {'content-type': 'application/json'});
		if (server.requests.length === 2) {
			response.write(`${added('b', 12)}\n`);
			return;
		}

		response.write(`${added('a', 11)}\n`);
		const chunk = 'x'.repeat(1024 * 1024);
		const more = () => {
			while (sent < 64 && response.write(chunk)) {
				sent += 1;
			}

			sent += 1;
		};
		response.on('drain', more);
		more();
	});
	const clock = new FakeClock(10_000);
	const controller = new AbortController();
	const events = watchPods(apiOf(t, server.url, {clock}), {
		namespace: 'p',
		labelSelector: '',
		resourceVersion: '10',
		clock,
		signal: controller.signal,
		relist: relisted,
	});
	t.is(shown((await events.next()).value), 'ADDED a');
	t.is(shown((await events.next()).value), 'ADDED b');
	t.true(sent < 40, `${sent} MiB were taken`);
	controller.abort(new Error('test is over'));
});

test('a watch whose server is away for a while goes on', async t => {
	const server = await testServer(t, (_, response) => {
		if (server.requests.length <= 3) {
			refuse(response, 503, 'ServiceUnavailable', 'starting');
			return;
		}

		response.writeHead(200, {'content-type': 'application/json'}).write(`${added('a', 11)}\n`);
	});
	const clock = new FakeClock(10_000);
	const controller = new AbortController();
	const events = watchPods(apiOf(t, server.url, {clock}), {
		namespace: 'p',
		labelSelector: '',
		resourceVersion: '10',
		clock,
		signal: controller.signal,
		relist: relisted,
	});
	t.is(shown((await events.next()).value), 'ADDED a');
	controller.abort(new Error('test is over'));
});
