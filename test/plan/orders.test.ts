import test from 'ava';
import {isUnknown} from '../../lib/facts/unknown.ts';
import {keys} from '../../lib/plan/order-keys.ts';
import {formatOrders, type Orders, parseOrders} from '../../lib/plan/orders.ts';

const sha = (digit: string) => digit.repeat(64);

const orders: Orders = {
	run: 'abcdefghij',
	node: 'worker-1.example.com',
	uid: '6b1f5c2e-0000-4000-8000-000000000001',
	runtime: 'cri-o',
	runtimeUnit: 'crio.service',
	kubeletUnit: 'kubelet.service',
	endpoint: 'unix:///var/run/crio/crio.sock',
	crictl: 'staged',
	binDirs: ['/opt/cni/bin', '/usr/lib/cni'],
	deadline: 900,
	steps: ['stop-kubelet', 'plugins', 'start-kubelet'],
	archive: {name: 'cni-plugins-linux-amd64-v1.6.2.tgz', sha256: sha('a')},
	plugins: [
		{dir: '/opt/cni/bin', name: 'bridge', newSha: sha('b'), oldSha: sha('c')},
		{dir: '/opt/cni/bin', name: 'tap', newSha: sha('d'), oldSha: null},
	],
	keep: [{dir: '/opt/cni/bin', name: 'calico-ipam', sha256: sha('e')}],
	configs: [{path: '/etc/cni/net.d/10-a.conflist', version: '1.0.0', oldSha: sha('1'), newSha: sha('2')}],
	networks: [{name: 'mynet', version: '1.0.0'}],
	packages: [{manager: 'apt', name: 'cri-o', newVersion: '1.34.1-1.1', oldVersion: '1:1.33.0-1.1'}],
	packageFiles: [{name: 'cri-o_1.34.1.deb', sha256: sha('3')}],
	holds: ['cri-o'],
	runtimeConfig: {oldSha: sha('4')},
	hooks: [{when: 'before', name: 'hook.sh', sha256: sha('5')}],
	rehearse: 'chain',
	sandbox: true,
	kubeadm: true,
	leavesHangingPods: true,
	settings: 'eyJhIjoxfQ',
};

const text = formatOrders(orders);

test('what is formatted is read back the same', t => {
	t.deepEqual(parseOrders(text.trimEnd().split('\n')), orders);
	const {archive: _, runtimeConfig: _config, rehearse: _rehearse, ...rest} = orders;
	const few = {...rest, sandbox: false, kubeadm: false, hooks: [], plugins: []};
	t.deepEqual(parseOrders(formatOrders(few).trimEnd().split('\n')), few);
});

test('every order that there is has been formatted', t => {
	t.deepEqual(
		[...new Set(text.split('\n').map(line => line.split(' ')[0] ?? ''))].filter(Boolean).sort(),
		Object.keys(keys).sort(),
	);
});

const wrong: readonly (readonly [string, Partial<Orders>])[] = [
	['a space in a name', {node: 'a b'}],
	['a newline', {node: 'a\nend'}],
	['shell in a word', {networks: [{name: '$(id)', version: '1.0.0'}]}],
	['a relative path', {crictl: 'crictl'}],
	['a path that leads up', {configs: [{path: '/etc/../x', version: '1.0.0', oldSha: sha('1'), newSha: sha('2')}]}],
	['a plugin that is a path', {plugins: [{dir: '/opt/cni/bin', name: '../x', newSha: sha('1'), oldSha: null}]}],
	['a hidden file', {packageFiles: [{name: '.x', sha256: sha('1')}]}],
	['a hash that is none', {runtimeConfig: {oldSha: 'abc'}}],
	['a unit without its ending', {kubeletUnit: 'kubelet'}],
	['an endpoint of TCP', {endpoint: 'tcp://1.2.3.4'}],
	['no time', {deadline: 0}],
	['half a second', {deadline: 0.5}],
];

for (const [what, change] of wrong) {
	test(`a plan with ${what} is never formatted`, t => {
		t.throws(() => formatOrders({...orders, ...change}), {
			message: /^the plan cannot be sent: .* is no order that the node takes$/s,
		});
	});
}

const damaged: readonly (readonly [string, (text: string) => string, RegExp])[] = [
	[
		'an order that is not known',
		text => text.replace('sandbox yes', 'reboot now'),
		/^line \d+ of the plan on the node is not an order/,
	],
	['a single order twice', text => text.replace('sandbox yes', 'sandbox yes\nsandbox no'), /says sandbox again$/],
	['no end', text => text.replace(/\nend\n/, '\n'), /does not say end$/],
	['more behind its end', text => text.replace(/\n(sandbox yes)\n(.*)end/s, '\n$2end\n$1'), /^the plan on the node is cut/],
	['nothing', () => '', /^line 1 of the plan on the node/],
	['a key of every object', text => text.replace('sandbox yes', 'constructor yes'), /^line \d+ of/],
];

for (const [what, change, reason] of damaged) {
	test(`a plan on a node with ${what} is not known`, t => {
		const read = parseOrders(change(text).trimEnd().split('\n'));
		t.true(isUnknown(read));
		t.regex((read as {unknown: string}).unknown, reason);
	});
}
