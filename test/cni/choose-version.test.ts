import test from 'ava';
import * as fc from 'fast-check';
import {type ChainPlugin, chooseVersion, type VersionQuestion} from '../../lib/cni/choose-version.ts';
import {compareSpecVersions, isSpecVersion, type SpecVersion, specVersions} from '../../lib/cni/spec-version.ts';
import {upTo040, upTo100, upTo110} from '../check/healthy-facts.ts';

const chain = (versions: readonly string[], ...more: readonly ChainPlugin[]): readonly ChainPlugin[] => [
	{type: 'bridge', versions},
	...more,
];
const firewall: ChainPlugin = {type: 'firewall', versions: ['0.4.0', '1.0.0']};

const ask = (question: Partial<VersionQuestion>) =>
	chooseVersion({wish: 'auto', now: '0.4.0', plugins: chain(upTo100), maxSpec: '1.1.0', ...question});

const rows: readonly (readonly [title: string, question: Partial<VersionQuestion>, expected: SpecVersion | 'stay'])[] = [
	['auto raises to what every plugin supports', {}, '1.0.0'],
	['auto stops at 1.0.0, since 1.1.0 turns on STATUS', {plugins: chain(upTo110)}, '1.0.0'],
	['auto leaves 1.1.0 where it is already', {plugins: chain(upTo110), now: '1.1.0'}, 'stay'],
	['auto stops at what the runtime reads', {maxSpec: '0.4.0', now: '0.3.1'}, '0.4.0'],
	['auto stays where nothing is higher', {plugins: chain(upTo040)}, 'stay'],
	['auto lowers where nothing else fits', {plugins: chain(upTo040), now: '1.0.0'}, '0.4.0'],
	['auto takes what the whole chain has in common', {plugins: chain(upTo040, firewall), now: undefined}, '0.4.0'],
	['auto mends a version that is none', {now: '1.1.1'}, '1.0.0'],
	['keep keeps', {wish: 'keep'}, 'stay'],
	['keep keeps a config without a version', {wish: 'keep', now: undefined}, 'stay'],
	['needed keeps what fits', {wish: 'needed'}, 'stay'],
	['needed gives a version where there is none', {wish: 'needed', now: undefined}, '1.0.0'],
	['needed mends a version that is none', {wish: 'needed', now: '1.0.1'}, '1.0.0'],
	['1.1.0 is for the asking', {wish: '1.1.0', plugins: chain(upTo110)}, '1.1.0'],
	['a lower one is for the asking', {wish: '0.3.1', now: '1.0.0'}, '0.3.1'],
	['what is there already stays', {wish: '0.4.0'}, 'stay'],
];

for (const [title, question, expected] of rows) {
	test(title, t => {
		t.deepEqual(ask(question), expected === 'stay' ? {kind: 'stay'} : {kind: 'change', version: expected});
	});
}

const refusals: readonly (readonly [title: string, question: Partial<VersionQuestion>, message: RegExp, remedy: RegExp])[] = [
	[
		'an asked version names the plugin that lacks it, and the release that has it',
		{wish: '1.0.0', plugins: chain(upTo040)},
		/^plugin\/bridge supports 0\.1\.0, 0\.2\.0, 0\.3\.0, 0\.3\.1, 0\.4\.0; expected 1\.0\.0 among them$/,
		/^Bring plugins of release v1\.0\.0 or later with --plugins FILE\|URL\.$/,
	],
	[
		'a plugin of others is upgraded by what brings it',
		{wish: '1.1.0', plugins: [{type: 'calico', versions: upTo100}]},
		/^plugin\/calico supports/,
		/^Upgrade what brings plugin calico/,
	],
	[
		'the runtime has to read it',
		{wish: '1.0.0', maxSpec: '0.4.0'},
		/^the runtime reads versions up to 0\.4\.0; expected one that reads 1\.0\.0$/,
		/--package NAME=VERSION/,
	],
	['a release of plugins is no version', {wish: '1.1.1'}, /^version "1\.1\.1" was asked for; expected one of 0\.1\.0/, /./],
	[
		'keep cannot keep what a plugin lacks',
		{wish: 'keep', now: '1.0.0', plugins: chain(upTo040)},
		/bridge/,
		/--cni-version 0\.4\.0/,
	],
	[
		'needed asks for plugins rather than to lower the config',
		{wish: 'needed', now: '1.0.0', plugins: chain(upTo040)},
		/bridge/,
		/^Bring plugins of release v1\.0\.0[\s\S]*--cni-version 0\.4\.0/,
	],
	[
		'firewall does not do without a version',
		{wish: 'keep', now: undefined, plugins: [firewall]},
		/^plugin\/firewall supports 0\.4\.0, 1\.0\.0; expected 0\.1\.0/,
		/--cni-version 1\.0\.0/,
	],
	['nothing in common', {plugins: chain(['0.3.1'], firewall)}, /^no version is supported by every plugin/, /--plugins/],
	[
		'a silent plugin is no go',
		{plugins: [{type: 'bridge', versions: {unknown: 'it is a script'}}]},
		/^plugin\/bridge: which versions it supports is not known \(it is a script\)/,
		/preflight/,
	],
	['an unknown runtime is no go', {maxSpec: {unknown: 'no row'}}, /^which versions the runtime reads is not known/, /./],
];

for (const [title, question, message, remedy] of refusals) {
	test(`refused: ${title}`, t => {
		const answer = ask(question);
		t.is(answer.kind, 'refused');
		if (answer.kind === 'refused') {
			t.regex(answer.message, message);
			t.regex(answer.remedy, remedy);
		}
	});
}

test('what is chosen is always a version that every plugin and the runtime know, and 1.1.0 never unasked', t => {
	const version = fc.constantFrom(...specVersions);
	const plugin = fc.record({type: fc.constantFrom('bridge', 'x'), versions: fc.subarray([...specVersions])});
	fc.assert(
		fc.property(
			fc.constantFrom('auto', 'keep', 'needed', ...specVersions),
			fc.option(fc.constantFrom(...specVersions, 'x'), {nil: undefined}),
			fc.array(plugin, {minLength: 1, maxLength: 4}),
			version,
			(wish, now, plugins, maxSpec) => {
				const answer = chooseVersion({wish, now, plugins, maxSpec});
				if (answer.kind === 'refused') {
					return;
				}

				const then = answer.kind === 'stay' ? (now ?? '0.1.0') : answer.version;
				t.true(isSpecVersion(then) && compareSpecVersions(then, maxSpec) <= 0);
				t.true(plugins.every(({versions}) => (versions as readonly string[]).includes(then)));
				t.true(answer.kind === 'stay' || answer.version !== '1.1.0' || wish === '1.1.0');
			},
		),
	);
});
