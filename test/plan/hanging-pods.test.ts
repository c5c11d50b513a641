import test from 'ava';
import {bridgeList, configFile, crioFacts, type FactsOverrides, facts, plugin, upTo040} from '../check/healthy-facts.ts';
import {archiveOf, type InputOverrides, planOf} from './inputs.ts';

const {cniVersion: _, ...unversioned} = bridgeList;
const old = ['bridge', 'host-local', 'portmap', 'loopback'].map(type =>
	plugin(type, {supportedVersions: upTo040, release: 'v0.9.1'}),
);
const named = (overrides: FactsOverrides): FactsOverrides => ({config: unversioned, ...overrides});

const rows: readonly (readonly [title: string, input: InputOverrides, leaves: true | undefined, says: RegExp | undefined])[] = [
	['nothing hangs', {facts: facts(), archive: archiveOf('v1.9.1')}, undefined, undefined],
	[
		'plugins that refuse the version of their config',
		{facts: facts({plugins: old}), archive: archiveOf('v1.6.2')},
		true,
		/cannot be torn down until this is done\. The drain waits a minute for each that hangs/,
	],
	[
		'a containerd that refuses a config without a version',
		{facts: facts(named({runtime: {version: '1.6.3'}})), request: {cniVersion: '1.0.0'}},
		true,
		/they go when the node has been upgraded/,
	],
	[
		'a containerd that takes it for 0.1.0',
		{facts: facts(named({runtime: {version: '1.7.24'}})), request: {cniVersion: '1.0.0'}},
		undefined,
		undefined,
	],
	[
		'a CRI-O that takes pods down with the config of their ADD',
		{facts: crioFacts('1.22.5', {config: unversioned}), request: {cniVersion: '0.4.0'}},
		undefined,
		/cannot be torn down, and the drain would wait for them/,
	],
];

for (const [title, input, leaves, says] of rows) {
	test(`pods that hang stay until after the change, where they go then: ${title}`, t => {
		const plan = planOf(input);
		t.is(plan.outcome, 'ready', JSON.stringify(plan.refusals));
		t.is(plan.orders?.leavesHangingPods, leaves);
		const said = plan.warnings.filter(warning => /torn down/.test(warning));
		t.is(said.length, says === undefined ? 0 : 1);
		t.regex(said.join('\n'), says ?? /^$/);
	});
}

test('the file of the config is the one that the warning names', t => {
	const {path} = configFile(bridgeList);
	t.true(
		planOf({facts: facts({plugins: old}), archive: archiveOf('v1.6.2')}).warnings.some(text => text.startsWith(`file/${path}: `)),
	);
});
