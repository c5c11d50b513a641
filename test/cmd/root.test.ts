import {execFile} from 'node:child_process';
import {promisify} from 'node:util';
import test from 'ava';
import {commands} from '../../cmd/commands.ts';
import {parseDuration} from '../../cmd/duration.ts';
import {spellOut} from '../../cmd/short-flags.ts';
import {cli} from './run-cli.ts';

const exec = promisify(execFile);

const lasts = test.macro((t, text: string, expected: number | undefined) => {
	t.is(parseDuration(text), expected);
});

test('30s', lasts, '30s', 30_000);
test('1h15m30.5s', lasts, '1h15m30.5s', 4_530_500);
test('1.5h', lasts, '1.5h', 5_400_000);
test('250ms', lasts, '250ms', 250);
test('.5s', lasts, '.5s', 500);
test('0 needs no unit', lasts, '0', 0);
test('5 is no duration', lasts, '5', undefined);
test('-5s is none that a flag means', lasts, '-5s', undefined);
test('an empty text is no duration', lasts, '', undefined);
test('1d is no duration in Go', lasts, '1d', undefined);
test('1m 5s is no duration', lasts, '1m 5s', undefined);
test('a number too large for any clock', lasts, `${'9'.repeat(400)}h`, undefined);

const spelled = test.macro((t, words: readonly string[], expected: readonly string[]) => {
	const options = {
		output: {kind: 'string', short: 'o', summary: ''},
		selector: {kind: 'string', short: 'l', summary: ''},
		help: {kind: 'boolean', short: 'h', summary: ''},
	} as const;
	t.deepEqual(spellOut(words, options), expected);
});

test('-ojson', spelled, ['-ojson'], ['--output=json']);
test('-o json', spelled, ['-o', 'json'], ['--output', 'json']);
test('-o=json', spelled, ['-o=json'], ['--output=json']);
test('-lapp=x,y!=z', spelled, ['-lapp=x,y!=z'], ['--selector=app=x,y!=z']);
test('-ho wide', spelled, ['-ho', 'wide'], ['--help', '--output', 'wide']);
test('an unknown letter is left to the parser', spelled, ['-hx'], ['--help', '-x']);
test('a dash alone and what is behind two dashes stay', spelled, ['-', '--', '-ojson'], ['-', '--', '-ojson']);

type Expected = {readonly code: number; readonly stdout?: RegExp; readonly stderr?: RegExp};

const says = test.macro(async (t, argv: readonly string[], expected: Expected) => {
	const {code, stdout, stderr} = await cli(argv);
	t.is(code, expected.code, stderr);
	for (const [text, pattern] of [
		[stdout, expected.stdout],
		[stderr, expected.stderr],
	] as const) {
		if (pattern === undefined) {
			t.is(text, '');
		} else {
			t.regex(text, pattern);
		}
	}
});

test('no command shows what there is', says, [], {code: 0, stdout: /Usage:\n {2}kubectl cni-upgrade COMMAND/});
test('--help, -h and help do so too', says, ['-h'], {code: 0, stdout: /preflight/});
test('help COMMAND is COMMAND --help', says, ['help', 'version'], {code: 0, stdout: /kubectl cni-upgrade version -o json/});
test('--version behind other flags', says, ['-v1', '--version'], {code: 0, stdout: /^kubectl cni-upgrade \d/});
test('an unknown command names the nearest', says, ['preflite'], {
	code: 2,
	stderr: /^error: unknown command "preflite"\nDid you mean preflight\?\nSee "kubectl cni-upgrade --help"\.\n$/,
});
test('a command that is like none', says, ['xyzzyxyzzy'], {code: 2, stderr: /There are preflight, lint, /});
test('an unknown flag names the nearest', says, ['version', '--ouput', 'json'], {
	code: 2,
	stderr: /^error: unknown flag: --ouput\nDid you mean --output\?\nSee "kubectl cni-upgrade version --help"\.\n$/,
});
test('--no-x is a flag like any other', says, ['version', '--no-output'], {code: 2, stderr: /unknown flag: --no-output/});
test('a flag named like a part of objects', says, ['version', '--__proto__=1'], {code: 2, stderr: /unknown flag: --/});
test('a flag without its value', says, ['version', '-o'], {code: 2, stderr: /flag needs a value: --output/});
test('a value that is none of the choices', says, ['version', '-o', 'xml'], {
	code: 2,
	stderr: /invalid value "xml" for --output; expected one of text, json/,
});
test('the last of two values wins, as in kubectl', says, ['version', '-o', 'text', '-ojson'], {code: 0, stdout: /^\{/});
test('too many words', says, ['version', 'now'], {code: 2, stderr: /version takes no arguments, got "now"/});
test('too few words', says, ['rbac'], {code: 2, stderr: /rbac needs COMMAND/});
test('escapes on the command line are shown, not done', says, ['version', '\x1b[2J'], {code: 2, stderr: /got "\\x1b\[2J"/});
test('a flag without a command', says, ['--bogus'], {code: 2, stderr: /a command must follow --bogus/});
test('a name that goes elsewhere in the API', says, ['rbac', 'preflight', '-n', '../kube-system'], {
	code: 2,
	stderr: /"\.\.\/kube-system" is not a namespace/,
});

for (const {name} of commands) {
	test(`${name} --help has examples with a comment above each, usage with kubectl in front, and no long lines`, async t => {
		const {code, stdout} = await cli([name, '--help']);
		t.is(code, 0);
		t.regex(stdout, /\nExamples:\n {2}# [A-Z]/);
		t.regex(stdout, new RegExp(`\nUsage:\n  kubectl cni-upgrade ${name}.* \\[flags\\]\n$`));
		t.notRegex(stdout, /\n +\$ /);
		t.deepEqual(
			stdout.split('\n').filter(line => line.length > 140),
			[],
		);
	});
}

test('rbac preflight prints the least rights, bound to whom it is told', async t => {
	const {stdout} = await cli(['rbac', 'preflight', '-n', 'probes', '--subject', 'group:sre', '--subject=serviceaccount:ci:bot']);
	t.deepEqual(
		[...stdout.matchAll(/^kind: (.*)$/gm)].map(([, kind]) => kind),
		['Namespace', 'ClusterRole', 'Role', 'ClusterRoleBinding', 'RoleBinding'],
	);
	t.regex(stdout, / {2}- kind: ServiceAccount\n {4}name: bot\n {4}namespace: ci\n/);
	t.notRegex(stdout, /secrets|\*|pods\/exec|nodes\/proxy/);

	const {stdout: api} = await cli(['rbac', 'preflight', '--via', 'api']);
	t.is(
		api,
		`apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata:
  name: cni-upgrade-preflight
rules:
  - apiGroups:
      - ""
    resources:
      - nodes
    verbs:
      - list
`,
	);
});

test('a subject that is none', says, ['rbac', 'preflight', '--subject', 'robot:x'], {
	code: 2,
	stderr: /"robot:x" is not a subject/,
});

test('completion scripts are sound for their shells', async t => {
	for (const shell of ['bash', 'kubectl']) {
		const {code, stdout} = await cli(['completion', shell]);
		t.is(code, 0);
		await t.notThrowsAsync(exec(shell === 'bash' ? 'bash' : 'sh', ['-n', '-c', stdout]));
		t.false(stdout.includes('@{'));
	}

	t.regex((await cli(['completion', 'zsh'])).stdout, /^#compdef kubectl-cni_upgrade\n/);
	t.regex((await cli(['completion', 'fish'])).stdout, /\ncomplete -c kubectl-cni_upgrade /);
	t.is((await cli(['completion', 'tcsh'])).code, 2);
});

const completes = test.macro(async (t, words: readonly string[], expected: readonly string[]) => {
	const {code, stdout} = await cli(['__complete', ...words]);
	t.is(code, 0);
	t.deepEqual(
		stdout
			.split('\n')
			.slice(0, -1)
			.map(line => line.split('\t')[0]),
		expected,
	);
});

test('completes commands', completes, ['ve'], ['version', ':4']);
test('completes commands behind flags that belong to none', completes, ['--context', 'x', 'comp'], ['completion', ':4']);
test('completes flags', completes, ['version', '--o'], ['--output', ':4']);
test('completes the value of a flag', completes, ['version', '-o', ''], ['text', 'json', ':4']);
test('completes a value behind an equals sign', completes, ['version', '--output=j'], ['--output=json', ':4']);
test('completes words of a command', completes, ['completion', 'z'], ['zsh', ':4']);
test('offers nothing where nothing fits', completes, ['completion', 'zsh', ''], [':4']);
test('offers files where a file is meant', completes, ['lint', ''], [':0']);
test('offers nothing for a command that is none', completes, ['nope', ''], [':4']);
