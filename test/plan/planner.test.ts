import test from 'ava';
import type {JsonValue} from '../../lib/facts/node-facts.ts';
import type {PackageFacts} from '../../lib/plan/node-answers.ts';
import {formatOrders} from '../../lib/plan/orders.ts';
import type {Plan} from '../../lib/plan/plan.ts';
import {
	bridgeList,
	bridgePath,
	confDir,
	configFile,
	crioFacts,
	type FactsOverrides,
	facts,
	plugin,
	upTo040,
	upTo100,
} from '../check/healthy-facts.ts';
import {archiveOf, editOf, type InputOverrides, planOf, sectionOf} from './inputs.ts';

const staged = (name: string) => ({name, sha256: 'd'.repeat(64), size: 1024});
const old = ['bridge', 'host-local', 'portmap', 'loopback'].map(type =>
	plugin(type, {supportedVersions: upTo040, release: 'v0.9.1'}),
);
const config = (cniVersion: string | undefined): JsonValue => ({
	...bridgeList,
	...(cniVersion === undefined ? {} : {cniVersion}),
});
const {cniVersion: _, ...unversioned} = bridgeList;

const around = (...changes: readonly string[]) => [
	'stop-kubelet',
	'stop-sandboxes',
	'stop-runtime',
	...changes,
	'start-runtime',
	'loaded',
	'sandbox',
	'start-kubelet',
];

test('old plugins and a newer config: the plugins are replaced, nothing else', t => {
	const plan = planOf({facts: facts({plugins: old}), archive: archiveOf('v1.6.2')});
	t.is(plan.outcome, 'ready');
	t.deepEqual(sectionOf(plan), around('plugins'));
	t.deepEqual(
		plan.steps.filter(({on}) => on === 'cluster').map(({id}) => id),
		['lock', 'stage', 'rehearse', 'cordon', 'drain', 'ready', 'prove', 'uncordon', 'unlock'],
	);
	t.deepEqual(
		plan.target.plugins.map(({dir, name, from, to}) => `${dir}/${name} ${from} ${to}`),
		[
			'/opt/cni/bin/bridge v0.9.1 v1.6.2',
			'/opt/cni/bin/host-local v0.9.1 v1.6.2',
			'/opt/cni/bin/loopback v0.9.1 v1.6.2',
			'/opt/cni/bin/portmap v0.9.1 v1.6.2',
		],
	);
	t.deepEqual(plan.orders?.networks, [{name: 'mynet', version: '1.0.0'}]);
	t.is(plan.orders?.rehearse, 'chain');
	t.deepEqual(plan.stays, [`file/${bridgePath}: its version 1.0.0`]);
});

test('plugins and config go up: the plugins come first', t => {
	const plan = planOf({
		facts: facts({plugins: old, config: config('0.4.0')}),
		archive: archiveOf('v1.6.2'),
		request: {cniVersion: 'auto'},
	});
	t.deepEqual(sectionOf(plan), around('plugins', 'config'));
	t.regex(plan.order ?? '', /new plugins support the old version/);
	t.deepEqual(plan.target.configs, [{path: bridgePath, network: 'mynet', from: '0.4.0', to: '1.0.0'}]);
	t.deepEqual(plan.steps.find(({id}) => id === 'config')?.diff, [
		`--- ${bridgePath}`,
		`+++ ${bridgePath}`,
		'@@ line 2 @@',
		'-"cniVersion": "0.4.0"',
		'+"cniVersion": "1.0.0"',
	]);
});

test('plugins and config go down: the config comes first', t => {
	const plan = planOf({facts: facts(), archive: archiveOf('v0.9.1'), request: {cniVersion: '0.4.0'}});
	t.is(plan.outcome, 'ready', JSON.stringify(plan.refusals));
	t.deepEqual(sectionOf(plan), around('config', 'plugins'));
	t.regex(plan.order ?? '', /old plugins support the new version/);
});

test('older plugins under a config that stays are refused', t => {
	const plan = planOf({archive: archiveOf('v0.9.1'), request: {cniVersion: 'keep'}});
	t.is(plan.outcome, 'refused');
	t.deepEqual(plan.steps, []);
	t.is(plan.orders, null);
	t.like(plan.refusals[0], {object: `file/${bridgePath}`});
	t.regex(plan.refusals[0]?.message ?? '', /^plugin\/bridge supports .*0\.4\.0; expected 1\.0\.0 among them$/);
});

test('nothing named, nothing found: nothing to do', t => {
	const plan = planOf();
	t.is(plan.outcome, 'nothing');
	t.deepEqual([plan.steps, plan.refusals, plan.warnings, plan.orders], [[], [], [], null]);
});

test('the archive that is on the node already leaves nothing to do', t => {
	const archive = archiveOf('v1.4.1');
	const there = old.map(({type}) => plugin(type, {sha256: archive.members.find(({name}) => name === type)?.sha256 ?? ''}));
	t.is(planOf({facts: facts({plugins: there}), archive}).outcome, 'nothing');
});

test('nothing named, and the config names no version: it is given one', t => {
	const plan = planOf({facts: facts({config: unversioned})});
	t.deepEqual(sectionOf(plan), around('config'));
	t.deepEqual(plan.target.configs, [{path: bridgePath, network: 'mynet', from: null, to: '1.0.0'}]);
});

const proposals: Readonly<Record<string, readonly [FactsOverrides, RegExp, RegExp]>> = {
	'plugins that are too old ask for newer ones': [
		{plugins: old},
		/^plugin\/bridge supports/,
		/v1\.0\.0 or later with --plugins[\s\S]*--cni-version 0\.4\.0/,
	],
	'a plugin that is not there asks for it': [
		{plugins: [...old.slice(1), plugin('bridge', {path: null, supportedVersions: {unknown: 'there is no such file'}})]},
		/it is not in \/opt\/cni\/bin/,
		/--plugins/,
	],
	'a runtime below the floor asks for a package': [
		{runtime: {version: '1.5.18'}, config: config('0.4.0')},
		/^containerd is 1\.5\.18; expected containerd 1\.6 or later$/,
		/--package containerd\.io=VERSION/,
	],
	'a version that the runtime does not read asks for a package': [
		{runtime: {version: '1.5.18'}},
		/^the runtime reads versions up to 0\.4\.0; expected one that reads 1\.0\.0$/,
		/--package[\s\S]*--cni-version 0\.4\.0/,
	],
};

for (const [title, [overrides, message, remedy]] of Object.entries(proposals)) {
	test(`nothing named: ${title}`, t => {
		const {outcome, refusals} = planOf({facts: facts(overrides)});
		t.is(outcome, 'refused');
		const found = refusals.find(refusal => message.test(refusal.message));
		t.truthy(found, JSON.stringify(refusals));
		t.regex(found?.remedy ?? '', remedy);
	});
}

const managed = {
	eks: /eks update-nodegroup/,
	gke: /gcloud/,
	aks: /az aks/,
	openshift: /oc adm upgrade/,
	talos: /talosctl/,
	bottlerocket: /Bottlerocket/,
	k3s: /k3s/,
	rke2: /RKE2/,
	microk8s: /snap refresh/,
	k0s: /autopilot/,
	'not-yet-known': /as its provider says/,
};

for (const [provider, remedy] of Object.entries(managed)) {
	test(`a node of ${provider} is refused with its own way`, t => {
		const plan = planOf({facts: facts({node: {provider}}), archive: archiveOf('v1.6.2')});
		t.is(plan.outcome, 'refused');
		t.is(plan.refusals.length, 1);
		t.like(plan.refusals[0], {object: 'node/worker-1'});
		t.regex(plan.refusals[0]?.remedy ?? '', remedy);
	});
}

const unknown = {unknown: 'no answer within 60 s'};

const refused: Readonly<Record<string, readonly [InputOverrides, object: string, message: RegExp]>> = {
	Windows: [{facts: facts({node: {os: 'windows'}})}, 'node/worker-1', /its operating system is windows; expected linux/],
	Docker: [{facts: facts({runtime: {name: 'docker', version: '24.0.0'}})}, 'runtime/docker', /cri-dockerd/],
	'another runtime': [
		{facts: facts({runtime: {name: 'frakti'}})},
		'runtime/frakti',
		/is not known; expected containerd or CRI-O/,
	],
	'a control-plane node': [{controlPlane: true}, 'node/worker-1', /it runs the control plane/],
	'a node of which nobody knows whether it is one': [{controlPlane: unknown}, 'node/worker-1', /control plane is not known/],
	'a silent kubelet': [{facts: facts({node: {ready: {status: 'Unknown'}}})}, 'node/worker-1', /its kubelet is silent/],
	'no systemd': [{host: {systemd: false}}, 'node/worker-1', /it does not run systemd/],
	'plugins that are not known': [
		{facts: facts({plugins: unknown})},
		'node/worker-1',
		/^plugins: no answer within 60 s; expected/,
	],
	'config files that are not known': [{facts: facts({configFiles: unknown})}, 'node/worker-1', /^config files: no answer/],
	'a provider that is not known': [
		{facts: facts({node: {provider: unknown}})},
		'node/worker-1',
		/who runs its software is not known/,
	],
	'an archive for another machine': [
		{facts: facts({node: {arch: 'arm64'}}), archive: archiveOf('v1.6.2')},
		'archive/cni-plugins-linux-amd64-v1.6.2.tgz',
		/its plugins are for amd64, and the node is arm64/,
	],
	'an archive of no known release': [
		{archive: {...archiveOf('v1.6.2'), release: undefined, supportedVersions: {}}},
		'archive/cni-plugins-linux-amd64-v1.6.2.tgz',
		/what its bridge, host-local, loopback and portmap supports is not known/,
	],
	'a config that a DaemonSet writes': [
		{
			facts: facts({
				configFiles: [configFile({name: 'cbr0', plugins: [{type: 'flannel', delegate: {}}]}, `${confDir}/10-flannel.conflist`)],
				plugins: [plugin('flannel'), plugin('bridge'), plugin('host-local'), plugin('loopback')],
			}),
		},
		`file/${confDir}/10-flannel.conflist`,
		/the install-cni container writes it at each start/,
	],
	'an asked version that a plugin lacks': [
		{request: {cniVersion: '1.1.0'}},
		`file/${bridgePath}`,
		/plugin\/bridge supports .*expected 1\.1\.0/,
	],
	'an edit that the node refuses': [
		{
			facts: facts({config: unversioned}),
			edits: [{path: bridgePath, version: '1.0.0', refused: `file/${bridgePath}: it has the key cniVersion twice; give it one`}],
		},
		`file/${bridgePath}`,
		/^it has the key cniVersion twice$/,
	],
	'an edit that nobody asked for': [
		{facts: facts({config: unversioned}), edits: []},
		`file/${bridgePath}`,
		/was not asked on the node/,
	],
	'a config that does not load': [
		{facts: facts({configFiles: [{...configFile(bridgeList), content: {invalid: 'not JSON'}}]})},
		`file/${bridgePath}`,
		/the runtime cannot load it: not JSON/,
	],
	'no config at all': [{facts: facts({configFiles: []})}, 'node/worker-1', /no config of a network is in use/],
	'no crictl where old results need old plugins': [
		{
			host: {crictl: null, cachedVersions: ['0.3.1', '1.0.0']},
			archive: {
				...archiveOf('v1.6.2'),
				supportedVersions: Object.fromEntries(
					['bridge', 'host-local', 'portmap', 'loopback'].map(name => [name, ['0.4.0', '1.0.0', '1.1.0']]),
				),
			},
		},
		'node/worker-1',
		/no crictl to stop the pods .*run with 0\.3\.1, and its bridge will support 0\.4\.0/,
	],
	'a crictl of which nobody knows': [{host: {crictl: unknown}}, 'node/worker-1', /whether it has crictl is not known/],
	'pods that cannot be evicted': [
		{
			archive: archiveOf('v1.6.2'),
			drain: {
				evict: [],
				stay: [],
				errors: [
					{
						text: 'cannot delete Pods that declare no controller (use --force to override)',
						pods: [{namespace: 'a', name: 'lone'}],
					},
				],
				warnings: [],
				blocked: [],
			},
		},
		'pod/a/lone',
		/declare no controller/,
	],
	'a name that cannot be sent': [
		{facts: facts({config: {...unversioned, name: 'my net; rm -rf /'}})},
		'node/worker-1',
		/is no order that the node takes/,
	],
	'plugins by a package that the node does not have': [
		{request: {plugins: 'package'}},
		'node/worker-1',
		/no package of its brings the reference plugins/,
	],
	'packages that were not asked about': [
		{request: {packages: [{name: 'containerd', version: '1.7.24'}]}},
		'node/worker-1',
		/was not asked for the packages/,
	],
};

for (const [title, [overrides, object, message]] of Object.entries(refused)) {
	test(`refused: ${title}`, t => {
		const plan = planOf(overrides);
		t.is(plan.outcome, 'refused');
		const found = plan.refusals.find(refusal => refusal.object === object && message.test(refusal.message));
		t.truthy(found, JSON.stringify(plan.refusals, undefined, 1));
		t.regex(found?.remedy ?? '', /^[A-Z]/);
		t.deepEqual([plan.steps, plan.orders], [[], null]);
	});
}

test('a control-plane node is upgraded where that was said', t => {
	t.is(planOf({controlPlane: true, facts: facts({config: unversioned}), request: {allowControlPlane: true}}).outcome, 'ready');
});

test("containerd's template and what was made of it are edited both", t => {
	const path = `${confDir}/10-containerd-net.conflist`;
	const plan = planOf({
		facts: facts({
			configFiles: [configFile({...bridgeList, cniVersion: '0.4.0'}, path)],
			runtime: {confTemplate: '/etc/containerd/cni.template'},
		}),
		request: {cniVersion: 'auto'},
	});
	t.is(plan.outcome, 'ready');
	t.deepEqual(
		plan.orders?.configs.map(({path: at}) => at),
		['/etc/containerd/cni.template', path],
	);
});

const answer = (overrides: Partial<PackageFacts> = {}): PackageFacts => ({
	packages: [{name: 'containerd.io', installed: '1.6.33-1', candidates: ['2.1.4-1', '1.7.27-1'], held: true}],
	files: [],
	changes: [
		{manager: 'apt', name: 'runc', to: '1.3.0', from: '1.1.5'},
		{manager: 'apt', name: 'containerd.io', to: '2.1.4-1', from: '1.6.33-1'},
	],
	removes: [],
	problems: [],
	...overrides,
});
const asked = {packages: [{name: 'containerd.io', version: '2.1.4'}]};
const before = facts({runtime: {version: '1.6.33'}, config: config('0.4.0')});

test('containerd 1.6 to 2.x: packages, its own configuration, and a config that it reads', t => {
	const plan = planOf({
		facts: before,
		packages: answer(),
		request: {...asked, cniVersion: 'auto'},
		host: {runtimeConfig: {sha256: 'e'.repeat(64), version: 1}},
	});
	t.is(plan.outcome, 'ready', JSON.stringify(plan.refusals));
	t.deepEqual(sectionOf(plan), around('packages', 'runtime-config', 'config'));
	t.deepEqual(
		plan.orders?.packages.map(({name, newVersion, oldVersion}) => [name, newVersion, oldVersion]),
		[
			['runc', '1.3.0', '1.1.5'],
			['containerd.io', '2.1.4-1', '1.6.33-1'],
		],
	);
	t.deepEqual(plan.orders?.holds, ['containerd.io']);
	t.deepEqual(plan.orders?.runtimeConfig, {oldSha: 'e'.repeat(64)});
});

test('within one major release containerd keeps its configuration', t => {
	const plan = planOf({
		facts: before,
		packages: answer({changes: [{manager: 'apt', name: 'containerd.io', to: '1.7.27-1', from: '1.6.33-1'}]}),
		request: asked,
		host: {runtimeConfig: {sha256: 'e'.repeat(64), version: 2}},
	});
	t.deepEqual(sectionOf(plan), around('packages'));
});

const packageRefusals: Readonly<Record<string, readonly [Partial<PackageFacts>, string, RegExp, RegExp]>> = {
	'a version that there is not': [
		{
			changes: [],
			problems: [
				'package/containerd.io has no version 9.9 in the repositories of the node: seen 2.1.4-1; add the repository, or give the file with --package-file',
			],
		},
		'package/containerd.io',
		/^has no version 9\.9 in the repositories/,
		/^Add the repository, or give the file/,
	],
	'a package that would go': [
		{removes: [{name: 'docker-ce', from: '27.0'}]},
		'package/docker-ce',
		/^27\.0 would be removed; expected that nothing is$/,
		/--package/,
	],
	'a runtime that the tables do not have': [
		{changes: [{manager: 'apt', name: 'containerd.io', to: '9.0.0-1', from: '1.6.33-1'}]},
		'runtime/containerd',
		/what containerd 9\.0\.0-1 does with configs is not known/,
		/another version/,
	],
	'a runtime that does not read the config': [
		{changes: [{manager: 'apt', name: 'containerd.io', to: '1.5.18-1', from: '1.6.33-1'}]},
		`file/${bridgePath}`,
		/^the runtime reads versions up to 0\.4\.0; expected one that reads 1\.0\.0$/,
		/--package/,
	],
	'no answer about it': [{packages: [], changes: []}, 'package/containerd.io', /did not say whether/, /Plan again/],
};

for (const [title, [overrides, object, message, remedy]] of Object.entries(packageRefusals)) {
	test(`refused with packages: ${title}`, t => {
		const plan = planOf({facts: facts({runtime: {version: '1.6.33'}}), packages: answer(overrides), request: asked});
		const found = plan.refusals.find(refusal => refusal.object === object && message.test(refusal.message));
		t.truthy(found, JSON.stringify(plan.refusals, undefined, 1));
		t.regex(found?.remedy ?? '', remedy);
	});
}

test('a package of plugins decides what the config may name, and files of others beside them are kept', t => {
	const owned = (type: string) =>
		plugin(type, {supportedVersions: upTo040, package: 'kubernetes-cni 0.8.7-00', release: 'v0.8.7'});
	const plan = planOf({
		facts: facts({
			plugins: [...['bridge', 'host-local', 'portmap', 'loopback'].map(owned), plugin('calico', {sha256: 'f'.repeat(64)})],
			config: config('0.4.0'),
		}),
		packages: {
			packages: [{name: 'kubernetes-cni', installed: '0.8.7-00', candidates: ['1.7.1-1.1'], held: false}],
			files: [],
			changes: [{manager: 'apt', name: 'kubernetes-cni', to: '1.7.1-1.1', from: '0.8.7-00'}],
			removes: [],
			problems: [],
		},
		request: {plugins: 'package', cniVersion: 'auto'},
	});
	t.is(plan.outcome, 'ready', JSON.stringify(plan.refusals));
	t.deepEqual(sectionOf(plan), around('packages', 'config'));
	t.deepEqual(plan.orders?.keep, [{dir: '/opt/cni/bin', name: 'calico', sha256: 'f'.repeat(64)}]);
	t.is(plan.orders?.configs[0]?.version, '1.0.0');
});

test('a package and an archive that bring the same plugins are refused', t => {
	const plan = planOf({
		archive: archiveOf('v1.6.2'),
		packages: answer({changes: [{manager: 'apt', name: 'kubernetes-cni', to: '1.7.1-1.1', from: '1.2.0'}], packages: []}),
	});
	t.regex(plan.refusals[0]?.message ?? '', /put its plugins over those of cni-plugins-linux-amd64-v1\.6\.2\.tgz/);
});

test('without crictl the steps that need it are left out, and that is said', t => {
	const plan = planOf({facts: facts({plugins: old}), archive: archiveOf('v1.6.2'), host: {crictl: null}});
	t.deepEqual(sectionOf(plan), ['stop-kubelet', 'stop-runtime', 'plugins', 'start-runtime', 'start-kubelet']);
	t.true(plan.warnings.some(warning => warning.startsWith('crictl is not on the node')));
	const sent = planOf({
		facts: facts({plugins: old}),
		archive: archiveOf('v1.6.2'),
		host: {crictl: null},
		request: {crictl: staged('crictl')},
	});
	t.deepEqual(sectionOf(sent), around('plugins'));
	t.is(sent.orders?.crictl, 'staged');
});

test('a chain with plugins of others is not rehearsed, and makes no sandbox of ours', t => {
	const calico = {
		name: 'k8s-pod-network',
		cniVersion: '0.3.1',
		plugins: [{type: 'calico', ipam: {type: 'calico-ipam'}}, {type: 'portmap'}],
	};
	const plan = planOf({
		facts: facts({
			configFiles: [configFile(calico, `${confDir}/10-calico.conflist`)],
			plugins: [plugin('calico', {supportedVersions: upTo100}), plugin('calico-ipam'), ...old],
		}),
		archive: archiveOf('v1.6.2'),
	});
	t.is(plan.outcome, 'ready', JSON.stringify(plan.refusals));
	t.deepEqual(
		sectionOf(plan),
		around('plugins').filter(id => id !== 'sandbox'),
	);
	t.is(plan.orders?.rehearse, 'version');
	t.deepEqual(
		plan.target.plugins.map(({name}) => name),
		['bridge', 'host-local', 'loopback', 'portmap'],
	);
	t.true(plan.stays.includes('plugins that the archive does not bring: calico and calico-ipam'));
});

test('a node that was cordoned before, or is to stay so, is not uncordoned', t => {
	const ids = ({steps}: Plan) => steps.map(({id}) => id);
	t.false(ids(planOf({facts: facts({config: unversioned, node: {cordoned: true}})})).includes('uncordon'));
	t.false(ids(planOf({facts: facts({config: unversioned}), request: {keepCordoned: true}})).includes('uncordon'));
	t.true(ids(planOf({facts: facts({config: unversioned})})).includes('uncordon'));
});

test('hooks and kubeadm have their places', t => {
	const plan = planOf({
		facts: facts({config: config('0.4.0')}),
		request: {cniVersion: 'auto', kubeadm: true, hooks: {before: staged('before.sh'), after: staged('after.sh')}},
	});
	t.deepEqual(sectionOf(plan), around('hook-before', 'config', 'kubeadm', 'hook-after'));
});

test('every file of the bin dir that the archive brings is replaced where the node told of them', t => {
	const plan = planOf({
		archive: archiveOf('v1.6.2'),
		host: {binaries: [{dir: '/opt/cni/bin', name: 'ptp', sha256: '9'.repeat(64)}]},
	});
	t.deepEqual(
		plan.orders?.plugins.map(({name, oldSha}) => [name, oldSha?.slice(0, 1) ?? null]),
		[
			['bandwidth', null],
			['bridge', 'b'],
			['firewall', null],
			['host-local', 'b'],
			['loopback', 'b'],
			['portmap', 'b'],
			['ptp', '9'],
			['vrf', null],
		],
	);
});

test('CRI-O has its own unit and socket', t => {
	const plan = planOf({facts: crioFacts('1.34.1', {config: config('0.4.0')}), request: {cniVersion: 'auto'}});
	t.like(plan.orders, {runtime: 'cri-o', runtimeUnit: 'crio.service', endpoint: 'unix:///var/run/crio/crio.sock'});
});

test('the orders of a plan are what the node takes', t => {
	const plan = planOf({
		facts: facts({plugins: old, config: config('0.4.0')}),
		archive: archiveOf('v1.6.2'),
		request: {cniVersion: 'auto'},
	});
	const text = plan.orders === null ? '' : formatOrders(plan.orders);
	t.regex(text, /^cni-upgrade 1\nrun abcdefghij\nnode worker-1\n/);
	t.regex(text, new RegExp(`^config ${bridgePath} 1\\.0\\.0 a{64} c{64}$`, 'm'));
});

test('the fingerprint follows every fact that the plan rests on, and nothing else', t => {
	const one = planOf().fingerprint;
	t.is(planOf({facts: facts({collectedAt: '2026-10-10T00:00:00Z', sandboxes: {total: 3, notReady: []}})}).fingerprint, one);
	const others = [
		planOf({facts: facts({node: {uid: 'other'}})}),
		planOf({facts: facts({runtime: {version: '2.2.2'}})}),
		planOf({facts: facts({configFiles: [{...configFile(bridgeList), sha256: '1'.repeat(64)}]})}),
		planOf({
			facts: facts({
				plugins: [plugin('bridge', {sha256: '2'.repeat(64)}), plugin('host-local'), plugin('portmap'), plugin('loopback')],
			}),
		}),
		planOf({packages: answer()}),
		planOf({edits: [editOf({path: bridgePath, version: '1.0.0'})]}),
	].map(({fingerprint}) => fingerprint);
	t.is(new Set([one, ...others]).size, others.length + 1);
});
