import test from 'ava';
import {mayI} from '../../lib/cluster/access.ts';
import type {ApiRequest} from '../../lib/cluster/api.ts';
import {createConfigMap, deleteConfigMap} from '../../lib/cluster/config-maps.ts';
import {ApiError} from '../../lib/cluster/errors.ts';
import {listMetadata} from '../../lib/cluster/metadata.ts';
import {createNamespace, deleteNamespace} from '../../lib/cluster/namespaces.ts';
import {nearestNames} from '../../lib/cluster/nearest-names.ts';
import {findNodes, getNodeImages, listNodes} from '../../lib/cluster/nodes.ts';
import {createPod, deletePods, listPods, podLog, podsResourceVersion} from '../../lib/cluster/pods.ts';
import {serverVersion} from '../../lib/cluster/server-version.ts';
import {UserError} from '../../lib/errors.ts';
import {fakeApi} from './fake-api.ts';

const {signal} = new AbortController();

const refusal = (status: number, reason = '') =>
	new ApiError({
		server: 'https://test',
		method: 'GET',
		path: '/x',
		status,
		headers: {},
		json: {reason, message: `refused with ${status}`},
		text: '',
	});

const columns = [
	'Name',
	'Status',
	'Roles',
	'Age',
	'Version',
	'Internal-IP',
	'External-IP',
	'OS-Image',
	'Kernel-Version',
	'Container-Runtime',
];

const cells = (name: string): unknown[] => [
	name,
	'Ready',
	'worker',
	'3d',
	'v1.34.2',
	'10.0.0.1',
	'<none>',
	'Debian GNU/Linux 12 (bookworm)',
	'6.1.0',
	'containerd://1.6.20',
];

/** A server's table of nodes, perhaps with metadata, perhaps not the last page. */
function table(
	names: readonly string[],
	{
		object,
		next,
		order = columns,
	}: {readonly object?: (name: string) => unknown; readonly next?: string; readonly order?: readonly string[]} = {},
) {
	return {
		kind: 'Table',
		apiVersion: 'meta.k8s.io/v1',
		metadata: {resourceVersion: '7', ...(next !== undefined && {continue: next})},
		columnDefinitions: order.map(name => ({name, type: 'string'})),
		rows: names.map(name => ({
			cells: order.map(
				column => cells(name)[columns.findIndex(known => known.toLowerCase() === column.toLowerCase())] ?? 'other',
			),
			...(object && {object: object(name)}),
		})),
	};
}

const row = {
	status: 'Ready',
	roles: 'worker',
	version: 'v1.34.2',
	osImage: 'Debian GNU/Linux 12 (bookworm)',
	kernel: '6.1.0',
	runtime: 'containerd://1.6.20',
	internalIP: '10.0.0.1',
	externalIP: '<none>',
};

const metadata = (name: string) => ({
	kind: 'PartialObjectMetadata',
	metadata: {name, uid: `uid-${name}`, labels: {a: 'b'}, annotations: {short: 'yes', long: 'x'.repeat(2000), odd: 5}},
});

test('a table of all nodes is one request without objects', async t => {
	const api = fakeApi(table(['a', 'b']));
	t.deepEqual(await listNodes(api, {detail: 'table', selector: 'pool=blue', signal}), [
		{name: 'a', ...row},
		{name: 'b', ...row},
	]);
	t.deepEqual(api.asked[0]?.query, {labelSelector: 'pool=blue', includeObject: 'None', limit: undefined, continue: undefined});
	t.regex(api.asked[0]?.accept ?? '', /^application\/json;as=Table;g=meta\.k8s\.io;v=v1,/);
});

test('columns are found by name, whatever their order and case, and new ones are passed over', async t => {
	const order = [
		'CONTAINER-RUNTIME',
		'Mood',
		'NAME',
		'version',
		'Kernel-version',
		'OS-image',
		'external-ip',
		'internal-ip',
		'roles',
		'STATUS',
	];
	t.deepEqual(await listNodes(fakeApi(table(['a'], {order})), {detail: 'table', signal}), [{name: 'a', ...row}]);
});

test('metadata comes by pages, without annotations that are overly long', async t => {
	const api = fakeApi(table(['a'], {object: metadata, next: 'page2'}), table(['b'], {object: metadata}));
	const rows = await listNodes(api, {detail: 'metadata', signal});
	t.deepEqual(
		rows,
		['a', 'b'].map(name => ({name, ...row, uid: `uid-${name}`, labels: {a: 'b'}, annotations: {short: 'yes'}})),
	);
	t.deepEqual(
		api.asked.map(({query}) => [query?.['limit'], query?.['continue'], query?.['includeObject']]),
		[
			[500, undefined, 'Metadata'],
			[500, 'page2', 'Metadata'],
		],
	);
});

const node = (name: string) => ({
	kind: 'Node',
	metadata: {name, uid: `uid-${name}`, labels: {'node-role.kubernetes.io/worker': '', a: 'b'}},
	spec: {unschedulable: true},
	status: {
		conditions: [{type: 'Ready', status: 'Unknown'}],
		addresses: [{type: 'InternalIP', address: '10.0.0.1'}],
		nodeInfo: {kubeletVersion: 'v1.34.2', osImage: 'Debian', kernelVersion: '6.1.0', containerRuntimeVersion: 'cri-o://1.34.0'},
		images: [{names: ['a@sha256:1', 'a:1', 7], sizeBytes: 5}, {names: 5}],
	},
});

const nodeRow = {
	name: 'a',
	status: 'NotReady,SchedulingDisabled',
	roles: 'worker',
	version: 'v1.34.2',
	osImage: 'Debian',
	kernel: '6.1.0',
	runtime: 'cri-o://1.34.0',
	internalIP: '10.0.0.1',
	externalIP: '<none>',
	uid: 'uid-a',
	labels: {'node-role.kubernetes.io/worker': '', a: 'b'},
	annotations: {},
};

test('a server without tables gives objects, which say the same', async t => {
	t.deepEqual(await listNodes(fakeApi({kind: 'NodeList', items: [node('a')]}), {detail: 'table', signal}), [nodeRow]);
});

test('a table without a column that is read is replaced by pages of objects', async t => {
	const api = fakeApi(table(['a'], {order: columns.slice(0, 5)}), {kind: 'NodeList', items: [node('a')]});
	t.deepEqual(await listNodes(api, {detail: 'table', signal}), [nodeRow]);
	t.deepEqual([api.asked[1]?.accept, api.asked[1]?.query?.['limit']], ['application/json', 500]);
});

test('cells that a node made up are cut and typed', async t => {
	const hostile = {...table(['a']), rows: [{cells: ['a', 5, null, {}, 'v'.repeat(100_000)]}, {cells: 'none'}, 7]};
	const rows = await listNodes(fakeApi(hostile), {detail: 'table', signal});
	t.is(rows[0]?.version.length, 512);
	t.deepEqual([rows[0]?.status, rows[0]?.runtime, rows[1]?.name, rows[2]?.name], ['', '', '', '']);
});

test('`__proto__` among labels is a label', async t => {
	const labels = JSON.parse('{"__proto__": "x", "constructor": "y", "a": "b"}') as unknown;
	const [found] = await listNodes(fakeApi(table(['a'], {object: () => ({metadata: {uid: 'u', labels}})})), {
		detail: 'metadata',
		signal,
	});
	t.deepEqual(Object.entries(found?.labels ?? {}), [
		['__proto__', 'x'],
		['constructor', 'y'],
		['a', 'b'],
	]);
	t.is(({} as {a?: unknown}).a, undefined);
});

const endless = test.macro(async (t, answers: readonly unknown[], message: RegExp) => {
	const error = await t.throwsAsync(listNodes(fakeApi(...answers), {detail: 'metadata', signal}), {instanceOf: UserError});
	t.regex(error.message, message);
});

test(
	'a list that leads back to itself is told',
	endless,
	[table(['a'], {next: 'x'}), table(['b'], {next: 'y'}), table(['c'], {next: 'x'})],
	/gave a list of \/api\/v1\/nodes that has no end/,
);
test(
	'another kind than asked for is told',
	endless,
	[{kind: 'PodList', items: []}],
	/answered a PodList where Table or NodeList was asked for/,
);
test('an answer without a kind is told', endless, [[1, 2]], /answered something without a kind/);
test(
	'pages that expire for ever are told',
	endless,
	Array.from({length: 9}, (_, index) => (index % 2 === 0 ? table(['a'], {next: `x${index}`}) : refusal(410))),
	/refused with 410/,
);

test('a list that begins anew may have the same pages as before', async t => {
	const api = fakeApi(table(['a'], {next: 'x'}), refusal(410), table(['a'], {next: 'x'}), table(['b']));
	t.deepEqual(
		(await listNodes(api, {detail: 'metadata', signal})).map(({name}) => name),
		['a', 'b'],
	);
});

test('a list whose pages expired begins anew and gives no row twice', async t => {
	const api = fakeApi(table(['a'], {next: 'x'}), refusal(410), table(['a'], {next: 'y'}), table(['b']));
	t.deepEqual(
		(await listNodes(api, {detail: 'metadata', signal})).map(({name}) => name),
		['a', 'b'],
	);
});

test('named nodes are asked for one by one, each once', async t => {
	const answer = ({path}: ApiRequest) => table([path.split('/').at(-1) ?? ''], {object: metadata});
	const api = fakeApi(answer, answer);
	const rows = await findNodes(api, {names: ['b', 'node/a', 'nodes/b'], detail: 'metadata', signal});
	t.deepEqual(
		rows.map(({name, uid}) => [name, uid]),
		[
			['b', 'uid-b'],
			['a', 'uid-a'],
		],
	);
	t.deepEqual(
		api.asked.map(({path}) => path),
		['/api/v1/nodes/b', '/api/v1/nodes/a'],
	);
});

test('many names, or no need of metadata, are one list', async t => {
	const names = Array.from({length: 20}, (_, index) => `n${index}`);
	const many = fakeApi(table([...names, 'other'], {object: metadata}));
	t.is((await findNodes(many, {names, detail: 'metadata', signal})).length, 20);
	const few = fakeApi(table(names));
	t.deepEqual(
		(await findNodes(few, {names: ['n3'], detail: 'table', signal})).map(({name}) => name),
		['n3'],
	);
});

test('a name with odd characters stays one part of the path', async t => {
	const api = fakeApi(refusal(404), table(['worker-1']));
	await t.throwsAsync(findNodes(api, {names: ['../secrets?x'], detail: 'metadata', signal}), {
		message: /^node\/\.\.\/secrets\?x not found$/,
	});
	t.is(api.asked[0]?.path, '/api/v1/nodes/..%2Fsecrets%3Fx');
});

const unknownName = test.macro(
	async (
		t,
		detail: 'table' | 'metadata',
		names: readonly string[],
		answers: readonly unknown[],
		message: string,
		remedy: string,
	) => {
		const error = await t.throwsAsync(findNodes(fakeApi(...answers), {names, detail, signal}), {instanceOf: UserError});
		t.is(error.message, message);
		t.is(error.remedy, remedy);
	},
);

const workers = table(['worker-1', 'worker-2', 'control-1']);
test(
	'an unknown name leads to the nearest ones',
	unknownName,
	'table',
	['worker-3'],
	[workers],
	'node/worker-3 not found',
	'Did you mean node/worker-1 or node/worker-2?',
);
test(
	'an unknown name leads to the nearest ones also with metadata',
	unknownName,
	'metadata',
	['wroker-1'],
	[refusal(404), workers],
	'node/wroker-1 not found',
	'Did you mean node/worker-1?',
);
test(
	'all unknown names are told',
	unknownName,
	'table',
	['x', 'y'],
	[workers],
	'node/x, node/y not found',
	'See the names with: kubectl get nodes',
);

test('names are near by edits and by their parts', t => {
	const names = ['ip-10-0-1-7.eu-west-1.compute.internal', 'worker-1', 'worker-10', 'control-plane'];
	t.deepEqual(nearestNames('worker-l', names), ['worker-1', 'worker-10']);
	t.deepEqual(nearestNames('10-0-1-7', names), ['ip-10-0-1-7.eu-west-1.compute.internal']);
	t.deepEqual(nearestNames('controlplane', names), ['control-plane']);
	t.deepEqual(nearestNames('gpu', names), []);
});

test('images of a node', async t => {
	t.deepEqual(await getNodeImages(fakeApi(node('a')), 'a', signal), [
		{names: ['a@sha256:1', 'a:1'], sizeBytes: 5},
		{names: [], sizeBytes: 0},
	]);
});

const pod = {kind: 'Pod', metadata: {namespace: 'probes', name: 'p'}};

test('a pod is made under its own name, tried by a dry run first where asked', async t => {
	const api = fakeApi({}, {});
	await createPod(api, pod, {dryRun: true, signal});
	await createPod(api, pod, {signal});
	t.deepEqual(
		api.asked.map(({method, path, query, idempotent}) => ({method, path, query, idempotent})),
		[
			{method: 'POST', path: '/api/v1/namespaces/probes/pods', query: {dryRun: 'All'}, idempotent: true},
			{method: 'POST', path: '/api/v1/namespaces/probes/pods', query: {dryRun: undefined}, idempotent: true},
		],
	);
	t.regex(api.asked[0]?.accept ?? '', /as=PartialObjectMetadata;/);
});

test('a pod that is there already was made by a request whose answer was lost', async t => {
	await t.notThrowsAsync(createPod(fakeApi(refusal(409, 'AlreadyExists')), pod, {signal}));
	await t.throwsAsync(createPod(fakeApi(refusal(409, 'Conflict')), pod, {signal}), {instanceOf: ApiError});
	await t.throwsAsync(createPod(fakeApi(refusal(403, 'Forbidden')), pod, {signal}), {instanceOf: ApiError});
});

test('a ConfigMap that is there already is made anew, so that its uid is known', async t => {
	const api = fakeApi(refusal(409, 'AlreadyExists'), {}, {kind: 'PartialObjectMetadata', metadata: {uid: 'u'}});
	t.deepEqual(await createConfigMap(api, {metadata: {namespace: 'p', name: 'c'}}, signal), {name: 'c', uid: 'u'});
	t.deepEqual(
		api.asked.map(({method, path}) => `${method} ${path}`),
		['POST /api/v1/namespaces/p/configmaps', 'DELETE /api/v1/namespaces/p/configmaps/c', 'POST /api/v1/namespaces/p/configmaps'],
	);
});

test('deleting what is gone is fine', async t => {
	await t.notThrowsAsync(deleteConfigMap(fakeApi(refusal(404, 'NotFound')), {namespace: 'p', name: 'c', signal}));
	await t.throwsAsync(deleteConfigMap(fakeApi(refusal(403, 'Forbidden')), {namespace: 'p', name: 'c', signal}), {
		instanceOf: ApiError,
	});
});

test('pods are listed whole, by pages, with the version for a watch', async t => {
	const api = fakeApi(
		{kind: 'PodList', metadata: {continue: 'x', resourceVersion: '5'}, items: [pod]},
		{kind: 'PodList', metadata: {resourceVersion: '5'}, items: [pod]},
	);
	t.deepEqual(await listPods(api, {namespace: 'p', labelSelector: 'run=x', signal}), {pods: [pod, pod], resourceVersion: '5'});
	const short = fakeApi({kind: 'PartialObjectMetadataList', metadata: {resourceVersion: '9'}, items: []});
	t.is(await podsResourceVersion(short, {namespace: 'p', labelSelector: 'run=x', signal}), '9');
	t.is(short.asked[0]?.query?.['limit'], 1);
});

test('pods are deleted by a selector in one request', async t => {
	const api = fakeApi({});
	await deletePods(api, {namespace: 'p', labelSelector: 'cni-upgrade/probe in (1,2)', signal});
	t.like(api.asked[0], {
		method: 'DELETE',
		path: '/api/v1/namespaces/p/pods',
		query: {labelSelector: 'cni-upgrade/probe in (1,2)', dryRun: undefined},
	});
});

test('a log is bounded on both sides', async t => {
	const api = fakeApi({});
	await podLog(api, {namespace: 'p', name: 'x', signal});
	t.like(api.asked[0], {path: '/api/v1/namespaces/p/pods/x/log', query: {limitBytes: 1_048_576}, maxBytes: 2_097_152});
});

test('metadata of leftovers, in one namespace or in all', async t => {
	const list = {
		kind: 'PartialObjectMetadataList',
		metadata: {},
		items: [{metadata: {namespace: 'p', name: 'x', creationTimestamp: '2026-01-01T00:00:00Z', labels: {run: 'r'}}}],
	};
	const api = fakeApi(list, list);
	const found = await listMetadata(api, {resource: 'pods', namespace: undefined, labelSelector: 'a=b', signal});
	t.deepEqual(found, [{namespace: 'p', name: 'x', creationTimestamp: '2026-01-01T00:00:00Z', labels: {run: 'r'}}]);
	await listMetadata(api, {resource: 'configmaps', namespace: 'p', labelSelector: 'a=b', signal});
	t.deepEqual(
		api.asked.map(({path}) => path),
		['/api/v1/pods', '/api/v1/namespaces/p/configmaps'],
	);
});

test('a namespace is made with its labels, and deleted', async t => {
	const api = fakeApi({}, {});
	await createNamespace(api, 'p', {a: 'b'}, signal);
	await deleteNamespace(api, 'p', signal);
	t.deepEqual(api.asked[0]?.body, {apiVersion: 'v1', kind: 'Namespace', metadata: {name: 'p', labels: {a: 'b'}}});
	t.is(api.asked[1]?.path, '/api/v1/namespaces/p');
});

test('rights are asked for', async t => {
	const api = fakeApi(
		{kind: 'SelfSubjectAccessReview', status: {allowed: false, reason: 'no rule'}},
		{kind: 'SelfSubjectAccessReview', status: {allowed: 'true'}},
	);
	t.deepEqual(await mayI(api, {verb: 'create', resource: 'pods', namespace: 'p'}, signal), {allowed: false, reason: 'no rule'});
	t.deepEqual(await mayI(api, {verb: 'list', resource: 'nodes'}, signal), {allowed: false, reason: ''});
	t.like(api.asked[0]?.body, {spec: {resourceAttributes: {verb: 'create', resource: 'pods', namespace: 'p'}}});
});

test('the release of the server', async t => {
	t.is(await serverVersion(fakeApi({gitVersion: 'v1.34.2'}), signal), 'v1.34.2');
	await t.throwsAsync(serverVersion(fakeApi('<html>'), signal), {instanceOf: UserError, message: /answered no version/});
});
