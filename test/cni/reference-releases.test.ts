import {readFileSync} from 'node:fs';
import test from 'ava';
import {firstReleaseWith, newestPlugins, referencePlugins} from '../../lib/cni/reference-plugins.ts';
import {specVersionsOf} from '../../lib/cni/reference-releases.ts';
import {isSpecVersion} from '../../lib/cni/spec-version.ts';

const measured = readFileSync(new URL('../truth/plugins.jsonl', import.meta.url), 'utf8')
	.trim()
	.split('\n')
	.map(line => JSON.parse(line) as {plugins: string; type: string; supported: readonly string[]})
	.filter(({plugins}) => plugins !== 'own');

test('what the tables say of a plugin is what it answered', t => {
	t.true(measured.length > 50);
	for (const {plugins, type, supported} of measured) {
		t.deepEqual(specVersionsOf(type, `v${plugins}`), supported.filter(isSpecVersion), `${type} v${plugins}`);
	}
});

test('every plugin of the newest release is in the tables', t => {
	for (const type of referencePlugins) {
		t.true(specVersionsOf(type, newestPlugins)?.includes('1.1.0'), type);
	}
});

test('plugins that came or went are there in their releases alone', t => {
	t.is(specVersionsOf('flannel', 'v1.0.0'), undefined);
	t.is(specVersionsOf('flannel', 'v0.9.1')?.at(-1), '0.4.0');
	t.is(specVersionsOf('vrf', 'v0.8.7'), undefined);
	t.deepEqual(specVersionsOf('vrf', 'v0.9.0'), ['0.3.1', '0.4.0']);
	t.is(specVersionsOf('dummy', 'v1.1.1'), undefined);
	t.is(specVersionsOf('tap', 'v1.2.0'), undefined);
});

test('an unknown plugin or release is no guess', t => {
	t.is(specVersionsOf('calico', 'v1.0.0'), undefined);
	t.is(specVersionsOf('bridge', 'v0.5.2'), undefined);
	t.is(specVersionsOf('bridge', 'newest'), undefined);
	t.is(specVersionsOf('constructor', 'v1.0.0'), undefined);
});

for (const version of ['0.4.0', '1.0.0', '1.1.0']) {
	test(`the first release with ${version} has it, as the release before it does not`, t => {
		const first = firstReleaseWith(version) ?? '';
		t.true(specVersionsOf('bridge', first)?.includes(version as '1.0.0'));
		const before = {'v0.8.0': 'v0.7.6', 'v1.0.0': 'v0.9.1', 'v1.6.0': 'v1.5.1'}[first] ?? '';
		t.false(specVersionsOf('bridge', before)?.includes(version as '1.0.0'));
	});
}
