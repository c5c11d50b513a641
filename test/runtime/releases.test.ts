import test from 'ava';
import {specVersions} from '../../lib/cni/spec-version.ts';
import {releaseOf, releases} from '../../lib/runtime/releases.ts';
import {compareReleases, parseRuntimeVersion, releaseNumbers} from '../../lib/runtime/runtime-version.ts';

/** runtime version → libcni, newest spec, without a version, result without a version, loopback, STATUS. */
const rows: readonly (readonly [runtime: string, version: string, expected: string])[] = [
	['containerd', '1.5.18', '0.8.1 0.4.0 del-fails ok 0.3.1 false'],
	['containerd', '1.6.0', '1.0.1 1.0.0 del-fails misread 0.3.1 false'],
	['containerd', '1.6.2', '1.0.1 1.0.0 del-fails misread 0.3.1 false'],
	['containerd', '1.6.3', '1.0.1 1.0.0 del-fails misread 1.0.0 false'],
	['containerd', '1.6.4', '1.1.0 1.0.0 acts-as-0.1.0 misread 0.3.1 false'],
	['containerd', '1.6.5', '1.1.1 1.0.0 acts-as-0.1.0 ok 0.3.1 false'],
	['containerd', '1.6.20~ds1', '1.1.1 1.0.0 acts-as-0.1.0 ok 0.3.1 false'],
	['containerd', '1.7.28', '1.1.2 1.0.0 acts-as-0.1.0 ok 0.3.1 false'],
	['containerd', '2.0.0', '1.2.3 1.1.0 acts-as-0.1.0 ok 0.3.1 false'],
	['containerd', '2.0.1', '1.2.3 1.1.0 acts-as-0.1.0 ok 0.3.1 true'],
	['containerd', '2.1.4-k3s1', '1.3.0 1.1.0 acts-as-0.1.0 ok 0.3.1 true'],
	['containerd', '2.3.4', '1.3.0 1.1.0 acts-as-0.1.0 ok 0.3.1 true'],
	['cri-o', '1.17.4', '0.7.1 0.4.0 add-fails ok 0.3.1 false'],
	['cri-o', '1.20.1', '0.8.0 0.4.0 add-fails ok internal false'],
	['cri-o', '1.23.3', '1.0.1 1.0.0 add-fails misread internal false'],
	['cri-o', '1.23.4', '1.1.1 1.0.0 acts-as-0.1.0 ok internal false'],
	['cri-o', '1.24.1', '1.1.0 1.0.0 acts-as-0.1.0 misread internal false'],
	['cri-o', '1.24.2', '1.1.1 1.0.0 acts-as-0.1.0 ok internal false'],
	['cri-o', '1.30.0', '1.1.2 1.0.0 acts-as-0.1.0 ok internal false'],
	['cri-o', '1.31.0', '1.2.3 1.1.0 acts-as-0.1.0 ok internal false'],
	['cri-o', '1.34.1', '1.3.0 1.1.0 acts-as-0.1.0 ok internal true'],
];

for (const [runtime, version, expected] of rows) {
	test(`${runtime} ${version}`, t => {
		const {libcni, maxSpec, emptyVersion, resultWithoutVersion, loopback, status} = releaseOf(runtime, version) ?? t.fail();
		t.is([libcni, maxSpec, emptyVersion, resultWithoutVersion, loopback, status].join(' '), expected);
	});
}

test('what the tables do not have is undefined, never a guess', t => {
	for (const [name, version] of [
		['containerd', '9.0.0'],
		['containerd', '1.2.0'],
		['cri-o', '1.15.0'],
		['docker', '24.0.7'],
		['containerd', 'Unknown'],
		['rkt', '1.6.0'],
	] as const) {
		t.is(releaseOf(name, version), undefined, `${name} ${version}`);
	}
});

test('rows are in order and do not overlap', t => {
	for (const [index, row] of releases.entries()) {
		t.true(compareReleases(row.from, row.to) <= 0);
		t.true(specVersions.includes(row.maxSpec));
		const next = releases[index + 1];
		if (next?.runtime === row.runtime) {
			t.true(compareReleases(row.to, next.from) < 0, `${row.from.join('.')} and ${next.from.join('.')}`);
		}
	}
});

test('versions as kubelets and packagers write them', t => {
	t.like(parseRuntimeVersion('containerd://1.6.20~ds1'), {name: 'containerd', version: '1.6.20~ds1', release: [1, 6, 20]});
	t.like(parseRuntimeVersion('crio://1.24.6'), {name: 'cri-o', release: [1, 24, 6]});
	t.like(parseRuntimeVersion('containerd://Unknown'), {version: 'Unknown', release: undefined});
	for (const text of ['', 'containerd', 'containerd://', 'containerd:// 1', '://1.2.3']) {
		t.is(parseRuntimeVersion(text), undefined, text);
	}

	t.deepEqual(releaseNumbers('v1.7.12-0ubuntu1'), [1, 7, 12]);
	t.deepEqual(releaseNumbers('2.0'), [2, 0, 0]);
	t.is(releaseNumbers('x1.2.3'), undefined);
});
