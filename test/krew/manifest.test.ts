import {readFileSync} from 'node:fs';
import test from 'ava';
import {parse} from 'yaml';
import {archiveName} from '../../krew/archive.ts';
import {manifestComplaints} from './manifest-rules.ts';

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
const manifest = read('krew/cni-upgrade.yaml');
const {version} = JSON.parse(read('package.json')) as {version: string};

test('krew takes the manifest', t => {
	t.deepEqual(manifestComplaints(manifest, 'cni-upgrade.yaml'), []);
});

test('the manifest is of this release, and kubectl finds the executable as its name says', t => {
	const {metadata, spec} = parse(manifest) as {
		metadata: {name: string};
		spec: {version: string; homepage: string; platforms: {uri: string; bin: string}[]};
	};
	t.is(spec.version, `v${version}`);
	for (const {uri, bin} of spec.platforms) {
		t.is(uri, `${spec.homepage}/releases/download/v${version}/${archiveName}`);
		t.is(bin, `kubectl-${metadata.name.replaceAll('-', '_')}`);
	}
});

test('the caveats name the Node.js that is needed', t => {
	const {engines} = JSON.parse(read('package.json')) as {engines: {node: string}};
	t.true(manifest.includes(`Needs Node.js ${engines.node.replace('>=', '')} or later`));
});

type Change = readonly [from: string | RegExp, to: string];

/** The checker must be able to refuse: a manifest with one change, and what is said against it. */
const refused = test.macro((t, [from, to]: Change, ...complaints: readonly RegExp[]) => {
	const changed = manifest.replace(from, to);
	t.not(changed, manifest);
	const said = manifestComplaints(changed, 'cni-upgrade.yaml');
	t.is(said.length, complaints.length, said.join('\n'));
	for (const [index, complaint] of complaints.entries()) {
		t.regex(said[index] ?? '', complaint);
	}
});

const selector = '{ key: os, operator: In, values: [linux, darwin] }';
const second = (os: string) => ` - selector: {matchLabels: {os: ${os}, arch: arm64}}
      uri: https://example.com/x.zip
      sha256: "${'a'.repeat(64)}"
      bin: x
    - selector:`;

test('an apiVersion of old is refused', refused, ['v1alpha2', 'v1alpha1'], /^apiVersion is krew.*v1alpha1$/);
test('another kind is refused', refused, ['kind: Plugin', 'kind: Package'], /^kind is Package$/);
test(
	'a name with a dot is refused',
	refused,
	['name: cni-upgrade', 'name: cni.upgrade'],
	/"cni\.upgrade" is not allowed/,
	/not that/,
);
test('a name that is not the file’s is refused', refused, ['name: cni-upgrade', 'name: cni-upgrades'], /not that of the file/);
test('a version without v is refused', refused, [/version: v/, 'version: '], /^version .* no semantic version/);
test('a version of two numbers is refused', refused, [/version: v\S+/, 'version: v0.1'], /^version v0\.1 is no/);
test('a homepage without https is refused', refused, ['homepage: https:', 'homepage: http:'], /^homepage/);
test('a shortDescription of 51 characters is refused', refused, [/(shortDescription: ).*/, `$1${'x'.repeat(51)}`], /has 51 char/);
test('a shortDescription of two lines is refused', refused, [/(shortDescription: ).*/, '$1"a\\nb"'], /is not one line/);
test('no shortDescription is refused', refused, [/ *shortDescription: .*\n/, ''], /is not one line/);
test('a description that is not wrapped is refused', refused, [/ says\n +which/, ' says which'], /^longer than 80/);
test('caveats that are not wrapped are refused', refused, ['Needs Node.js', `Needs ${'x'.repeat(80)}`], /^longer than 80/);
test('another key of a selector is refused', refused, ['key: os,', 'key: libc,'], /has the keys libc/, /matches no platform/);
test('an empty selector is refused', refused, [`- ${selector}`, '[]'], /the selector is empty/);
test('a selector of unknown systems is refused', refused, ['[linux, darwin]', '[plan9]'], /matches no platform/);
test('no platform is refused', refused, [/platforms:[\s\S]*/, 'platforms: []'], /^no platform$/);
test(
	'selectors that overlap are refused',
	refused,
	[/ - selector:/, second('linux')],
	/more than one selector matches linux\/arm64/,
);
test('an archive that is neither .tar.gz nor .zip is refused', refused, ['.tar.gz', '.tar.xz'], /^platform 0: uri/);
test('an archive without https is refused', refused, ['uri: https:', 'uri: http:'], /^platform 0: uri/);
test('a checksum in upper case is refused', refused, [/0{64}/, 'A'.repeat(64)], /^platform 0: sha256 A/);
test('a checksum of 63 digits is refused', refused, [/0{64}/, '0'.repeat(63)], /^platform 0: sha256 0/);
test('no bin is refused', refused, [/ *bin: .*\n/, ''], /^platform 0: bin ""/);
test('a bin outside of the archive is refused', refused, ['bin: ', 'bin: ../'], /^platform 0: bin "\.\.\//);

test('a second platform beside the first is taken', t => {
	t.deepEqual(manifestComplaints(manifest.replace(/ - selector:/, second('windows')), 'cni-upgrade.yaml'), []);
});
