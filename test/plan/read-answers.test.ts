import test from 'ava';
import * as fc from 'fast-check';
import {readEdit, readHost, readPackages} from '../../lib/plan/read-answers.ts';
import {fuzzRuns} from '../fuzz-runs.ts';
import {hostileText} from '../print/hostile-text.ts';

const path = '/etc/cni/net.d/10-x.conflist';
const asked = {path, version: '1.0.0'};
const [oldSha256, newSha256] = ['a'.repeat(64), 'b'.repeat(64)];
const record = ['edit', path, oldSha256, newSha256, '3', 'replace', '"0.4.0"', '"1.0.0"', ''];

test('an edit that the node would make', t => {
	t.deepEqual(readEdit([record, ['result', 'ok']], asked), {
		...asked,
		oldSha256,
		newSha256,
		line: 3,
		way: 'replace',
		oldToken: '"0.4.0"',
		newToken: '"1.0.0"',
		indent: '',
	});
});

test('an edit that the node refuses, in its own words', t => {
	const why = `${path}: it has the key cniVersion twice; mend it by hand first`;
	t.deepEqual(readEdit([['result', 'refused', why]], asked), {...asked, refused: why});
	t.deepEqual(readEdit([record, ['result', 'failed', why]], asked), {...asked, refused: why});
});

for (const [what, index, value] of [
	['another file', 1, '/etc/passwd'],
	['no hash', 2, 'none'],
	['no line', 4, '0'],
	['another way', 5, 'append'],
] as const) {
	test(`an answer with ${what} in it is no answer`, t => {
		const edit = readEdit([record.with(index, value), ['result', 'ok']], asked);
		t.regex('refused' in edit ? edit.refused : '', /did not say what would be changed/);
	});
}

test('what the package manager says', t => {
	t.deepEqual(
		readPackages([
			['package', 'containerd.io', '1.6.33-1', '2.1.4-1,1.7.27-1', 'apt', 'yes'],
			['package', 'cri-tools', 'none', 'none', 'apt', 'no'],
			['file', 'x.deb', 'runc', '1.3.0', 'amd64'],
			['change', 'apt', 'containerd.io', '2.1.4-1', '1.6.33-1'],
			['change', 'apt', 'runc', '1.3.0', 'none'],
			['change', 'pip', 'evil', '1', '0'],
			['remove', 'apt', 'docker-ce', '27.0'],
			['problem', 'package/x has no version 9'],
			['result', 'ok'],
		]),
		{
			packages: [
				{name: 'containerd.io', installed: '1.6.33-1', candidates: ['2.1.4-1', '1.7.27-1'], held: true},
				{name: 'cri-tools', installed: null, candidates: [], held: false},
			],
			files: [{staged: 'x.deb', name: 'runc', version: '1.3.0'}],
			changes: [
				{manager: 'apt', name: 'containerd.io', to: '2.1.4-1', from: '1.6.33-1'},
				{manager: 'apt', name: 'runc', to: '1.3.0', from: null},
			],
			removes: [{name: 'docker-ce', from: '27.0'}],
			problems: ['package/x has no version 9'],
		},
	);
});

test('a package manager that does not answer is a problem', t => {
	t.deepEqual(readPackages([['result', 'failed', 'node/x: apt is locked by process 12; wait']]).problems, [
		'node/x: apt is locked by process 12; wait',
	]);
});

test('what a node says of itself', t => {
	t.deepEqual(
		readHost([
			['systemd', 'yes'],
			['crictl', '/usr/local/bin/crictl'],
			['endpoint', 'unix:///run/containerd/containerd.sock'],
			['binary', '/opt/cni/bin', 'bridge', oldSha256],
			['binary', '/opt/cni/bin', 'torn', 'abc'],
			['binaries', 'whole'],
			['cached', '0.3.1'],
			['cached', '0.3.1'],
			['cached-results', 'whole'],
			['runtime-config', '2', newSha256],
			['result', 'ok'],
		]),
		{
			systemd: true,
			crictl: '/usr/local/bin/crictl',
			endpoint: 'unix:///run/containerd/containerd.sock',
			binaries: [{dir: '/opt/cni/bin', name: 'bridge', sha256: oldSha256}],
			cachedVersions: ['0.3.1'],
			runtimeConfig: {version: 2, sha256: newSha256},
		},
	);
	t.deepEqual(
		readHost([
			['systemd', 'no'],
			['crictl', 'none'],
			['runtime-config', 'none'],
			['binary', '/x', 'y', oldSha256],
		]),
		{
			systemd: false,
			crictl: null,
			runtimeConfig: null,
		},
	);
});

test('what a node leaves out of itself is not known', t => {
	t.deepEqual(readHost([['result', 'failed', 'node/x: it is full; make room']]), {
		systemd: {unknown: 'node/x: it is full; make room'},
		crictl: {unknown: 'node/x: it is full; make room'},
	});
	t.deepEqual(readHost([['cached-results', 'cut']]).cachedVersions, {
		unknown: 'the results that are cached on the node could not all be read',
	});
});

test('whatever a node answers is a value', t => {
	const word = fc.oneof(
		hostileText,
		fc.constantFrom('edit', 'package', 'change', 'result', 'ok', path, oldSha256, '1', 'apt', 'replace'),
	);
	fc.assert(
		fc.property(fc.array(fc.array(word, {maxLength: 10}), {maxLength: 6}), records => {
			const edit = readEdit(records, asked);
			t.true('refused' in edit || (edit.path === path && /^[0-9a-f]{64}$/.test(edit.newSha256)));
			t.true(Array.isArray(readPackages(records).changes));
			t.truthy(readHost(records).systemd !== undefined);
		}),
		fuzzRuns(300),
	);
});
