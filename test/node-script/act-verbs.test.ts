import {existsSync, mkdirSync, openSync, readFileSync, statSync, symlinkSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import test from 'ava';
import {actScript} from '../../lib/node-script/act-script.ts';
import {keys} from '../../lib/plan/order-keys.ts';
import {formatOrders} from '../../lib/plan/orders.ts';
import {nodeSteps} from '../../lib/plan/steps.ts';
import {
	act,
	actNode,
	archive,
	binDir,
	configPath,
	journalOf,
	must,
	oldConfig,
	orders,
	outcome,
	prepare,
	run,
	sha256,
	uid,
} from './act-node.ts';
import {awks, which} from './run-script.ts';

const base = '/var/lib/cni-upgrade';

test('--list prints the steps of the section', async t => {
	const machine = await actNode();
	t.teardown(async () => machine.stop());
	const {stdout} = await machine.run(['/bin/sh', `${base}/act.sh`, '--list']);
	t.deepEqual(stdout.trimEnd().split('\n'), [...nodeSteps]);
});

test('a whole run: upgraded and finished, nothing stays but the journal and the old files; then rolled back all the same', async t => {
	const machine = await actNode();
	t.teardown(async () => machine.stop());
	const before = machine.fingerprint();
	await prepare(machine);
	t.deepEqual((await must(machine, 'check')).records, []);
	await must(machine, 'start');
	t.is(await outcome(machine), 'done');
	await must(machine, 'finish');
	t.deepEqual(
		machine
			.fingerprint()
			.filter(line => !before.includes(line))
			.map(line => line.split(' ')[0]),
		[configPath, ...orders().plugins.map(({name}) => `${binDir}/${name}`)],
	);
	t.false(existsSync(join(machine.tree.root, base, run, 'stage')));
	t.deepEqual(states(await must(machine, 'state')), {current: 'none', run: `${run} finished`});
	await must(machine, 'finish');
	await must(machine, 'back');
	t.is(await outcome(machine), 'undone');
	await must(machine, 'finish');
	t.deepEqual(machine.fingerprint(), before);
	t.is((await act(machine, 'back')).result, 'ok');
});

for (const staged of ['plugins/bridge', `config${configPath}`]) {
	test(`what is to go to its place and was damaged is found before anybody is disturbed: ${staged}`, async t => {
		const machine = await actNode();
		t.teardown(async () => machine.stop());
		await prepare(machine);
		writeFileSync(join(machine.tree.root, base, run, 'stage', staged), '');
		t.regex(
			(await act(machine, 'check')).why,
			new RegExp(`/stage/${staged}: it has sha256 .*: it was damaged; take the run back`),
		);
	});
}

test('no two files of the script have a function of one name', t => {
	const names = [...actScript().matchAll(/^(\w+)\(\)/gm)].map(([, name]) => name);
	t.deepEqual(
		names.filter((name, index) => names.indexOf(name) !== index),
		[],
	);
});

test('no number of failures ends the restarts of the unit, as systemd of any release reads it', async t => {
	const machine = await actNode();
	t.teardown(async () => machine.stop());
	await prepare(machine);
	await must(machine, 'start');
	await outcome(machine);
	const text = readFileSync(join(machine.tree.root, '/etc/systemd/system/cni-upgrade.service'), 'utf8');
	t.regex(text, /^\[Unit\]\n(.+\n)*StartLimitIntervalSec=0\n/m);
	t.regex(text, /^\[Service\]\n(.+\n)*StartLimitInterval=0\n/m);
});

test('whoever has a file open, or runs it, goes on with that file, forward and back', async t => {
	const machine = await actNode();
	t.teardown(async () => machine.stop());
	await prepare(machine);
	const paths = [configPath, `${binDir}/bridge`].map(path => join(machine.tree.root, path));
	const opened = () => paths.map(path => openSync(path, 'r'));
	const read = (files: readonly number[]) => files.map(file => sha256(readFileSync(file)));
	const whole = () => paths.map(path => sha256(readFileSync(path)));
	const old = {files: opened(), hashes: whole()};
	await must(machine, 'start');
	await outcome(machine);
	const upgraded = {files: opened(), hashes: whole()};
	await must(machine, 'back');
	t.is(await outcome(machine), 'undone');
	t.deepEqual(read(old.files), old.hashes);
	t.deepEqual(read(upgraded.files), upgraded.hashes);
	t.notDeepEqual(upgraded.hashes, old.hashes);
	t.deepEqual(whole(), old.hashes);
});

test('discard: the node is as before, and not even the script stays', async t => {
	const machine = await actNode();
	t.teardown(async () => machine.stop());
	const before = machine.fingerprint();
	await prepare(machine);
	await must(machine, 'note', ['lock', 'done']);
	await must(machine, 'discard');
	t.deepEqual(machine.fingerprint(), before);
	t.false(existsSync(join(machine.tree.root, base)));
});

test('begin: another run that is not finished is named; the same one may begin again', async t => {
	const machine = await actNode();
	t.teardown(async () => machine.stop());
	await must(machine, 'begin');
	await must(machine, 'begin');
	const {stdout} = await machine.run(['/bin/sh', `${base}/act.sh`, 'begin', 'zzzzzzzzzz', uid]);
	t.regex(stdout, new RegExp(`^unfinished\\t${run}\\nresult\\trefused\\trun/${run}:%20it%20is%20not%20finished`, 'm'));
	t.is(statSync(join(machine.tree.root, base)).mode & 0o777, 0o700);
});

test('begin refuses a node without systemd, and a base directory that is a link', async t => {
	const machine = await actNode();
	t.teardown(async () => machine.stop());
	await machine.run(`rm -r "$CNI_UPGRADE_ROOT/run/systemd"`);
	t.regex((await act(machine, 'begin')).why, /systemd is not its PID 1/);
	mkdirSync(join(machine.tree.root, '/run/systemd/system'), {recursive: true});
	await machine.run(`mv "$CNI_UPGRADE_ROOT${base}" "$CNI_UPGRADE_ROOT/elsewhere"`);
	symlinkSync('../../elsewhere', join(machine.tree.root, base));
	t.regex((await act(machine, 'begin')).why, /cni-upgrade: it is a symbolic link; remove it$/);
});

test('put: what is there is not read again, what is cut or changed is not taken, and nothing of it stays', async t => {
	const machine = await actNode();
	t.teardown(async () => machine.stop());
	const words = ['a.tgz', '5', sha256('12345')];
	t.regex(
		(await act(machine, 'put', words, '12345')).why,
		/it is not the run that this node is at, which is none; begin it first$/,
	);
	await must(machine, 'begin');
	const cut = await act(machine, 'put', words, '123');
	t.regex(cut.why, /stage\/a\.tgz: 3 bytes came with sha256 [0-9a-f]{64}, not 5 with [0-9a-f]{64}; send it again$/);
	t.is((await act(machine, 'put', words, '12344')).result, 'failed');
	t.is((await machine.run(`ls -A "$CNI_UPGRADE_ROOT${base}/${run}/stage"`)).stdout, '');
	t.deepEqual((await must(machine, 'put', words, '12345 and more')).records, []);
	t.deepEqual((await must(machine, 'put', words)).records, [['have']]);
	for (const name of ['../a', '.a', '-a', 'a/b', 'a%b']) {
		t.is((await act(machine, 'put', [name, '5', sha256('12345')], '12345')).result, 'refused', name);
	}
});

test('put does not wait for the end of its input', async t => {
	const machine = await actNode();
	t.teardown(async () => machine.stop());
	await must(machine, 'begin');
	const {stdout} = await machine.run(
		`mkfifo pipe; exec 3<>pipe; printf 12345 >&3; sh "$CNI_UPGRADE_ROOT${base}/act.sh" put ${run} ${uid} a 5 ${sha256('12345')} <&3; rm pipe`,
	);
	t.regex(stdout, /^result\tok$/m);
});

test('plan: nothing is there until everything is; the same plan again is the same', async t => {
	const machine = await actNode();
	t.teardown(async () => machine.stop());
	const text = formatOrders(orders());
	const words = [String(text.length), sha256(text)];
	await must(machine, 'begin');
	t.regex(
		(await act(machine, 'plan', words, text)).why,
		/stage\/plugins\.tgz: it has sha256 none, not [0-9a-f]{64} as planned; send it again$/,
	);
	t.false(existsSync(join(machine.tree.root, base, run, 'plan')));
	t.regex((await act(machine, 'start')).why, /it has no complete plan on this node; send it$/);
	await must(machine, 'put', ['plugins.tgz', String(archive.length), sha256(archive)], archive);
	await must(machine, 'plan', words, text);
	t.deepEqual((await must(machine, 'plan', words)).records, [['have']]);
	t.deepEqual(states(await must(machine, 'state')), {current: run, run: `${run} unfinished`});
	t.deepEqual(
		(await must(machine, 'state')).records
			.filter(([key]) => key === 'order')
			.map(([, line]) => `${line}\n`)
			.join(''),
		text,
	);
});

const wrong: Readonly<Record<string, readonly [(text: string) => string, RegExp]>> = {
	'an order that is not known': [
		text => text.replace('sandbox yes', 'reboot yes'),
		/line \d+ is not an order that this act\.sh knows: reboot yes/,
	],
	'a word too many': [text => text.replace('sandbox yes', 'sandbox yes yes'), /is not an order/],
	'a single order twice': [text => text.replace('sandbox yes', 'sandbox yes\nsandbox no'), /is not an order/],
	'a path that leads up': [text => text.replaceAll(binDir, '/opt/../etc'), /is not an order/],
	'a plugin that is a path': [text => text.replace(' bridge ', ' ../bridge '), /is not an order/],
	'another run': [text => text.replace(`run ${run}`, 'run zzzzzzzzzz'), /line 2 is not an order/],
	'another node': [text => text.replace(uid, 'b'), /line 4 is not an order/],
	'shell in a word': [text => text.replace('node worker-1', 'node $(reboot)'), /line 3 is not an order/],
	'no end': [text => text.replace(/end\n$/, ''), /its last line is not 'end'/],
	'more after the end': [text => `${text}sandbox no\n`, /is not an order/],
	'no deadline': [text => text.replace(/deadline .*\n/, ''), /it has no line 'deadline'/],
	'a plugin that the archive does not hold': [
		text => text.replace(' bridge ', ' bridget '),
		/plugin\/bridget: it has sha256 [0-9a-f]{64} in plugins\.tgz, not/,
	],
	'a config that would become something else': [
		text => text.replace(/(config .*) [0-9a-f]{64}\n/, `$1 ${sha256('')}\n`),
		/somebody changed it; make a new plan/,
	],
};

for (const [what, [change, why]] of Object.entries(wrong)) {
	test(`plan with ${what} is refused`, async t => {
		const machine = await actNode();
		t.teardown(async () => machine.stop());
		const text = change(formatOrders(orders()));
		await must(machine, 'begin');
		await must(machine, 'put', ['plugins.tgz', String(archive.length), sha256(archive)], archive);
		const said = await act(machine, 'plan', [String(text.length), sha256(text)], text);
		t.is(said.result, 'refused');
		t.regex(said.why, why);
		t.false(existsSync(join(machine.tree.root, base, run, 'plan')));
	});
}

test('check names every file that is not as planned', async t => {
	const machine = await actNode();
	t.teardown(async () => machine.stop());
	await prepare(machine);
	writeFileSync(join(machine.tree.root, configPath), `${oldConfig} `);
	writeFileSync(join(machine.tree.root, binDir, 'bridge'), 'mine');
	const said = await act(machine, 'check');
	t.deepEqual(said.records, [
		['changed', configPath, sha256(oldConfig), sha256(`${oldConfig} `)],
		['changed', `${binDir}/bridge`, orders().plugins[0]?.oldSha ?? '', sha256('mine')],
	]);
	t.regex(said.why, /10-mynet\.conflist: it has sha256 .*, not .* as planned: somebody changed it; make a new plan$/);
	await must(machine, 'start');
	t.is(await outcome(machine), 'undone');
	t.is(readFileSync(join(machine.tree.root, binDir, 'bridge'), 'utf8'), 'mine');
	t.true(machine.isKubeletRunning);
});

test("a note is the client's line, as it was encoded; not while the section is under way", async t => {
	const machine = await actNode();
	t.teardown(async () => machine.stop());
	await must(machine, 'begin');
	await must(machine, 'note', ['cordon', 'done', 'ours%20alone']);
	t.like(journalOf(machine)[0], {number: 1, by: 'client', step: 'cordon', state: 'done', detail: 'ours alone'});
	t.is((await act(machine, 'note', ['section', 'done'])).result, 'refused');
	t.deepEqual((await must(machine, 'journal', ['1'])).records.at(-1), ['unit', 'inactive']);
	t.deepEqual((await must(machine, 'journal', ['2'])).records.length, 1);
});

for (const awk of [undefined, ...awks.filter(name => which(name) !== undefined)]) {
	test(`a journal that is longer than an answer is told in several, with ${awk ?? 'awk'}`, async t => {
		const machine = await actNode(awk === undefined ? {} : {awk});
		t.teardown(async () => machine.stop());
		await prepare(machine);
		const lines = Array.from(
			{length: 300},
			(_, index) => `${index + 1}\t1700000000\tboot\tnode\tplugins\tstuck\t${'%20'.repeat(300)}`,
		);
		writeFileSync(join(machine.tree.root, base, run, 'journal'), lines.map(line => `${line}\n`).join(''));
		for (const verb of ['state', 'journal']) {
			const told: unknown[] = [];
			let answer = await must(machine, verb, verb === 'journal' ? ['1'] : []);
			for (;;) {
				told.push(...answer.records.filter(([kind]) => kind === 'journal').map(([, number]) => Number(number)));
				const more = answer.records.find(([kind]) => kind === 'more');
				if (more === undefined) {
					break;
				}

				answer = await must(machine, 'journal', [more[1] ?? '']);
			}

			t.deepEqual(
				told,
				lines.map((_, index) => index + 1),
				verb,
			);
		}
	});
}

test('a journal whose last line was cut is mended by the next', async t => {
	const machine = await actNode();
	t.teardown(async () => machine.stop());
	await must(machine, 'begin');
	await must(machine, 'note', ['lock', 'done']);
	const file = join(machine.tree.root, base, run, 'journal');
	writeFileSync(file, `${readFileSync(file, 'utf8')}2\t17`);
	t.is((await must(machine, 'journal', ['1'])).records.length, 2);
	await must(machine, 'note', ['drain', 'done']);
	t.deepEqual(
		journalOf(machine).map(({number, step}) => [number, step]),
		[
			[1, 'lock'],
			[2, 'drain'],
		],
	);
});

test('words that are none end it before anything is done', async t => {
	const machine = await actNode();
	t.teardown(async () => machine.stop());
	for (const words of [
		['begin', 'short', uid],
		['begin', run, 'a b'],
		['run'],
		['put', run, uid, '$(id)'],
		['reboot', run, uid],
		[],
	]) {
		const {code, stdout} = await machine.run(['/bin/sh', `${base}/act.sh`, ...words]);
		t.deepEqual({code, stdout}, {code: 2, stdout: ''}, words.join(' '));
	}

	t.false(existsSync(join(machine.tree.root, base, run)));
});

test('look and reach: what is still held of an address, by file', async t => {
	const machine = await actNode();
	t.teardown(async () => machine.stop());
	const {ip, id} = machine.runtime.run({name: 'a', namespace: 'b', uid: 'c', attempt: 0, hostNetwork: false});
	const {records} = await must(machine, 'look', [ip]);
	t.deepEqual(records.slice(0, 2), [
		['lease', `/var/lib/cni/networks/mynet/${ip}`, id],
		['cached', `/var/lib/cni/results/mynet-${id}-eth0`],
	]);
	machine.runtime.remove(id);
	t.deepEqual((await must(machine, 'look', [ip])).records, []);
	t.is((await act(machine, 'look', ['10.1'])).result, 'refused');
	t.is((await act(machine, 'reach', ['10.0.0.1', '99999'])).result, 'refused');
});

test('the orders that the node takes are those that are sent, with as many words', t => {
	const known = [...actScript().matchAll(/^\t(\d:[a-z-]+(?: \| \d:[a-z-]+)*)\)/gm)]
		.flatMap(([, labels = '']) => labels.split(' | '))
		.sort();
	t.deepEqual(
		known,
		Object.entries(keys)
			.map(([key, {values}]) => `${values.length + 1}:${key}`)
			.sort(),
	);
	const many = /^\t(step \| [a-z |-]+)\) ;;$/m.exec(actScript())?.[1]?.split(' | ').sort();
	t.deepEqual(
		many,
		Object.entries(keys)
			.filter(([, {many}]) => many)
			.map(([key]) => key)
			.sort(),
	);
});

test('the script does nothing until its last line, and never reads data as code', t => {
	t.true(actScript().endsWith('\n}\n\nmain "$@"\n'));
	t.notRegex(actScript(), /\beval\b/);
});

/** Of `state`, by kind. */
function states({records}: {readonly records: readonly (readonly string[])[]}): Readonly<Record<string, string>> {
	return Object.fromEntries(
		records.filter(([key]) => key === 'current' || key === 'run').map(([key = '', ...fields]) => [key, fields.join(' ')]),
	);
}
