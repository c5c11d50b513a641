import {mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import test from 'ava';
import {savedFactsText} from '../../lib/facts/saved.ts';
import {healthyFacts} from '../check/healthy-facts.ts';
import {cli} from './run-cli.ts';

const directory = mkdtempSync(join(tmpdir(), 'cni-upgrade-'));
test.after.always(() => rmSync(directory, {recursive: true}));

function file(name: string, content: string): string {
	const path = join(directory, name);
	writeFileSync(path, content);
	return path;
}

const noVersion = file('10-x.conflist', '{"name": "x", "plugins": [{"type": "bridge"}]}');

const judges = test.macro(async (t, runtime: string, code: number, expected: RegExp) => {
	const {code: got, stdout, stderr} = await cli(['lint', noVersion, '--runtime', runtime]);
	t.is(got, code, stderr);
	t.regex(stdout, expected);
	t.notRegex(stdout, /NOT KNOWN/);
});

test('a config without a version on containerd 1.6.3', judges, 'containerd://1.6.3', 3, /ERROR spec-version-set/);
test('on CRI-O, whose plugins nobody named', judges, 'cri-o://1.23.1', 3, /ERROR spec-version-set/);
test('on a later CRI-O', judges, 'cri-o://1.34.1', 0, /WARNING spec-version-set/);
test('on cri-dockerd', judges, 'docker://24.0.7', 0, /WARNING spec-version-set/);

test('a file that is too large to be a config is unknown, and no success', async t => {
	const {code, stdout} = await cli(['lint', file('big.conflist', ' '.repeat(300_000))]);
	t.is(code, 1);
	t.regex(stdout, /NOT KNOWN[\s\S]*larger than 262144 bytes/);
});

const refuses = test.macro(async (t, path: string, expected: RegExp) => {
	const {code, stdout, stderr} = await cli(['lint', path]);
	t.is(code, 1);
	t.is(stdout, '');
	t.regex(stderr, expected);
});

test(
	'a file that no runtime would read is refused',
	refuses,
	file('10-x.conflist.bak', '{}'),
	/ends in none of \.conf, \.conflist/,
);
test('a device is refused', refuses, '/dev/null', /\/dev\/null is no regular file/);
test('a path that is not there is refused', refuses, join(directory, 'nothing'), /there is no such file or directory/);

test('saved facts are read under any name', async t => {
	const {code, stdout} = await cli(['lint', file('facts', [...savedFactsText([healthyFacts])].join(''))]);
	t.is(code, 0);
	t.regex(stdout, /^worker-1 /m);
});
