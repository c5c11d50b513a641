import test from 'ava';
import {readConfigList} from '../../lib/cni/config-list.ts';
import {effectiveVersion} from '../../lib/cni/effective-version.ts';
import type {JsonValue} from '../../lib/facts/node-facts.ts';
import {releaseOf} from '../../lib/runtime/releases.ts';
import {configFile} from '../check/healthy-facts.ts';

const takes = test.macro((t, versions: {readonly [key: string]: JsonValue}, runtime: string, expected: string) => {
	const read = readConfigList(configFile({name: 'x', plugins: [{type: 'bridge'}], ...versions}));
	const [name = '', version = ''] = runtime.split(' ');
	const {version: effective, because} = 'list' in read ? effectiveVersion(read.list, releaseOf(name, version)) : t.fail();
	t.is(`${effective} ${because}`, expected);
});

const several = {cniVersion: '0.4.0', cniVersions: ['0.3.1', '1.0.0', '1.1.0', '2.0.0', '1.0.1']};

test('cniVersion', takes, {cniVersion: '0.4.0'}, 'containerd 1.7.0', '0.4.0 cniVersion');
test('none', takes, {}, 'containerd 1.7.0', '0.1.0 default');
test('empty', takes, {cniVersion: ''}, 'containerd 1.7.0', '0.1.0 default');
test('one that is none stays as it is', takes, {cniVersion: '1.0.1'}, 'containerd 2.0.0', '1.0.1 cniVersion');
test('cniVersions before libcni 1.2', takes, several, 'containerd 1.7.20', '0.4.0 cniVersion');
test('cniVersions from libcni 1.2 on', takes, several, 'containerd 2.0.0', '1.1.0 cniVersions');
test('cniVersions alone', takes, {cniVersions: ['0.4.0', '1.0.0']}, 'cri-o 1.31.0', '1.0.0 cniVersions');
test('cniVersions alone before libcni 1.2', takes, {cniVersions: ['0.4.0']}, 'cri-o 1.30.0', '0.1.0 default');
test('an unknown release is like the newest', takes, several, 'containerd 9.0.0', '1.1.0 cniVersions');
test(
	'cniVersion may be the highest',
	takes,
	{cniVersion: '1.0.0', cniVersions: ['0.4.0']},
	'containerd 2.0.0',
	'1.0.0 cniVersion',
);
