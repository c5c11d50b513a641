import {spawnSync} from 'node:child_process';
import test from 'ava';
import {failureOf, remoteCommand} from '../../lib/transport/ssh-command.ts';

test('the command is one word of any login shell: exec, single quotes, no exclamation mark', t => {
	for (const password of [undefined, "p'w"]) {
		const {command} = remoteCommand('run0000000', 'uid-1', {password});
		t.regex(command, /^exec \/bin\/sh -c '[^'!\n]*'$/);
		t.false(command.includes("p'w"), 'a password stands in no command line');
		t.is(spawnSync('/bin/sh', ['-n', '-c', command]).status, 0);
	}
});

test('a password is the first line of standard input, and nothing else is put before the script', t => {
	t.is(remoteCommand('r', 'u', {password: 'secret'}).input, 'secret\n');
	t.is(remoteCommand('r', 'u', {password: undefined}).input, '');
});

test('words that are not plain never get into a command', t => {
	t.throws(() => remoteCommand('$(id)', 'u', {password: undefined}));
	t.throws(() => remoteCommand('r', "u'; reboot", {password: undefined}));
	t.throws(() => remoteCommand('r', '', {password: undefined}));
});

const says = test.macro((t, code: number | undefined, stderr: string, expected: RegExp) => {
	t.regex(failureOf(code, stderr), expected);
});

test('sudo wants a password', says, 1, 'sudo: a password is required\n', /--ssh-ask-sudo/);
test(
	'sudo of Debian 12 says it so',
	says,
	1,
	'sudo: a terminal is required to read the password; either use the -S option',
	/--ssh-ask-sudo/,
);
test('sudo did not take the password', says, 78, 'sudo: 1 incorrect password attempt\n', /did not take the password/);
test('requiretty', says, 1, 'sudo: sorry, you must have a tty to run sudo\n', /requiretty/);
test('no sudoer', says, 1, 'ops is not in the sudoers file.  This incident will be reported.\n', /may not become root/);
test('no sudo', says, 127, '/bin/sh: 1: exec: sudo: not found\n', /there is no sudo/);
test('no login shell', says, 1, 'This account is currently not available.\n', /no login shell/);
test(
	'something else: its last line, cut',
	says,
	3,
	`motd\n${'x'.repeat(300)}\n`,
	/^the script ended with exit code 3 there and gave no answer: x{200}$/,
);
test('killed', says, undefined, '', /was killed/);
