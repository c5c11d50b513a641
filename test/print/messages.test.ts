import test from 'ava';
import {exitCode, UserError} from '../../lib/errors.ts';
import {formatError} from '../../lib/print/errors.ts';
import {formatExplanation} from '../../lib/print/explanation.ts';
import {startProgress} from '../../lib/print/progress.ts';
import {memoryStream} from '../cmd/run-cli.ts';

test('an expected failure is its message and its remedy, without a stack', t => {
	const error = new UserError('node/x is\x1b[2J gone', {remedy: 'Look:\n  kubectl get nodes', exitCode: exitCode.blocked});
	t.is(formatError(error), 'error: node/x is\\x1b[2J gone\nLook:\n  kubectl get nodes\n');
	t.is(formatError(new UserError('no')), 'error: no\n');
});

test('causes are named where they are asked for, even in a ring', t => {
	const cause: Error = new Error('inner\r');
	cause.cause = cause;
	const text = formatError(new UserError('outer', {cause}), {causes: true});
	t.is(text.split('\n')[1], 'caused by: inner\\r');
	t.is(text.split('\n').length, 10);
});

test('a mistake of our own shows its stack and says whose it is', t => {
	const text = formatError(new TypeError('x is\x07 undefined'));
	t.true(text.startsWith('error: x is\\x07 undefined\nThis is a mistake in kubectl cni-upgrade '));
	t.regex(text, /\n {4}at /);
	t.true(formatError('a string').startsWith('error: a string\n'));
});

test('off a terminal progress is plain lines, ten of a large fleet and one of a small one', async t => {
	const stderr = memoryStream();
	const progress = await startProgress(stderr);
	progress.note('namespace/cni-upgrade created\x1b[2J');
	for (let done = 0; done <= 8; done += 1) {
		progress.count('answered', done, 8);
	}

	for (let done = 0; done <= 5000; done += 1) {
		progress.count('answered', done, 5000);
	}

	progress.end();
	const lines = stderr.text.split('\n').slice(0, -1);
	t.deepEqual(lines.slice(0, 4), [
		'namespace/cni-upgrade created\\x1b[2J',
		'answered 8/8',
		'answered 500/5000',
		'answered 1000/5000',
	]);
	t.is(lines.length, 12);
	t.false(stderr.text.includes('\x1b'));
});

test('on a terminal progress is one line that turns, and notes stay above it', async t => {
	const stderr = memoryStream({isTTY: true});
	const progress = await startProgress(stderr);
	progress.count('answered\x07', 3, 8);
	progress.note('a note');
	progress.end();
	t.regex(stderr.text, /answered\\x07 3\/8/);
	t.regex(stderr.text, /a note\n/);
});

test('an explanation has the check, why, what to do, and where to read on', t => {
	const check = {
		id: 'a-check',
		title: 'something holds',
		why: 'Because.',
		fix: 'Run:\n  true',
		doc: 'https://example.com/',
		run: () => [],
	};
	t.is(
		formatExplanation(check),
		'a-check\n  something holds\n\nWHY IT MATTERS\n  Because.\n\nWHAT TO DO\n  Run:\n    true\n\nREAD ON\n  https://example.com/\n',
	);
});
