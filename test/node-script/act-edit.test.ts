import {symlinkSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import test from 'ava';
import {act, actNode, sha256} from './act-node.ts';
import {awks, which} from './run-script.ts';

const path = '/etc/cni/net.d/10-x.conflist';
const installed = awks.filter(name => which(name) !== undefined);
const machines = new Map(await Promise.all(installed.map(async awk => [awk, await actNode({awk})] as const)));

test.after.always(async () => {
	await Promise.all([...machines.values()].map(async machine => machine.stop()));
});

/** Runs `edit` with every awk on a file of that content. */
async function withEach(
	name: string,
	content: string | Buffer,
	check: (said: Awaited<ReturnType<typeof act>>, awk: string) => void,
): Promise<void> {
	for (const [awk, machine] of machines) {
		writeFileSync(join(machine.tree.root, name), content);
		check(await act(machine, 'edit', [name, '1.0.0']), awk);
	}
}

let files = 0;
/** Tests run side by side. */
const ownPath = () => path.replace('x', String(++files));

const edits: Readonly<
	Record<string, readonly [before: string, after: string, line: number, how: string, token: string, indent: string]>
> = {
	'a version': [
		'{\n  "cniVersion": "0.3.1",\n  "name": "a"\n}\n',
		'{\n  "cniVersion": "1.0.0",\n  "name": "a"\n}\n',
		2,
		'replace',
		'"0.3.1"',
		'',
	],
	'a version that is the last key, and no newline': [
		'{"name":"a","cniVersion":"0.3.1"}',
		'{"name":"a","cniVersion":"1.0.0"}',
		1,
		'replace',
		'"0.3.1"',
		'',
	],
	'a key without case': ['{"CNIVERSION":"0.4.0"}', '{"CNIVERSION":"1.0.0"}', 1, 'replace', '"0.4.0"', ''],
	'a key with an escape': ['{"cni\\u0056ersion":"0.4.0"}', '{"cni\\u0056ersion":"1.0.0"}', 1, 'replace', '"0.4.0"', ''],
	'a long s, which folds to s': ['{"cniVer\u017Fion":"0.4.0"}', '{"cniVer\u017Fion":"1.0.0"}', 1, 'replace', '"0.4.0"', ''],
	'an empty version': ['{"cniVersion":""}', '{"cniVersion":"1.0.0"}', 1, 'replace', '""', ''],
	'only the top key of several': [
		'{"plugins":[{"cniVersion":"0.1.0"}],\r\n\t"cniVersion" : "0.2.0" ,"x":{"cniVersion":1}}',
		'{"plugins":[{"cniVersion":"0.1.0"}],\r\n\t"cniVersion" : "1.0.0" ,"x":{"cniVersion":1}}',
		2,
		'replace',
		'"0.2.0"',
		'',
	],
	'no version: it becomes the first key': [
		'{\n\t"name": "a"\n}\n',
		'{\n\t"cniVersion": "1.0.0",\n\t"name": "a"\n}\n',
		2,
		'insert',
		'',
		'\n\t',
	],
	'no version, on one line': ['{"name":"a"}', '{"cniVersion": "1.0.0", "name":"a"}', 1, 'insert', '', ''],
	'no version, after bytes that are no UTF-8': [
		'{ "\u00ff\\"}": [1.5e-3, true, null, {}], "name":"a"}',
		'{ "cniVersion": "1.0.0", "\u00ff\\"}": [1.5e-3, true, null, {}], "name":"a"}',
		1,
		'insert',
		'',
		' ',
	],
	'the version that it has': ['{"cniVersion":"1.0.0"}', '{"cniVersion":"1.0.0"}', 1, 'replace', '"1.0.0"', ''],
};

for (const [what, [before, after, line, how, token, indent]] of Object.entries(edits)) {
	test(`edit: ${what}`, async t => {
		const encoding = what.includes('UTF-8') ? 'latin1' : 'utf8';
		const own = ownPath();
		await withEach(own, Buffer.from(before, encoding), ({records, why}, awk) => {
			t.deepEqual(
				records,
				[
					[
						'edit',
						own,
						sha256(Buffer.from(before, encoding)),
						sha256(Buffer.from(after, encoding)),
						String(line),
						how,
						token,
						'"1.0.0"',
						indent,
					],
				],
				`${awk} ${why}`,
			);
		});
	});
}

const refusals: Readonly<Record<string, readonly [string | Buffer, RegExp]>> = {
	'the key twice': [
		'{"cniVersion":"0.4.0","x":1,"CNIVersion":"0.3.1"}',
		/it has the key cniVersion twice; mend it by hand first$/,
	],
	'a key cniVersions': [
		'{"cniVersions":["0.4.0"],"cniVersion":"0.4.0"}',
		/it has a key cniVersions, which this release does not set/,
	],
	'a version that is no string': ['{"cniVersion":1}', /the value of its key cniVersion is not a short string/],
	'a list': ['[{"cniVersion":"0.4.0"}]', /it is not a JSON object/],
	nothing: ['', /it is not a JSON object/],
	'an empty object': ['{}', /it is an empty object/],
	'a byte order mark': ['\uFEFF{"cniVersion":"0.4.0"}', /it begins with a byte order mark/],
	'a NUL byte': ['{"cniVersion":"0.4.0"}\0', /it holds a NUL byte/],
	'what follows the object': ['{"cniVersion":"0.4.0"} x', /it is not valid JSON at byte 24/],
	'an object that is cut': ['{"cniVersion":"0.4.0"', /it is not valid JSON at byte 22/],
	'a comma too many': ['{"cniVersion":"0.4.0",}', /it is not valid JSON at byte 23/],
	'a number that is none': ['{"a":01}', /it is not valid JSON at byte 7/],
	'a newline in a string': ['{"a":"\n"}', /it is not valid JSON at byte 7/],
	'too deep a nest': [`{"a":${'['.repeat(80)}${']'.repeat(80)}}`, /it is nested deeper than 64 levels/],
	'a file that is too large': [`{"a":"${'x'.repeat(262_144)}"}`, /it is larger than 256 KiB/],
};

for (const [what, [content, why]] of Object.entries(refusals)) {
	test(`edit refuses ${what}`, async t => {
		await withEach(ownPath(), content, (said, awk) => {
			t.is(said.result, 'refused', awk);
			t.regex(said.why, why, awk);
		});
	});
}

test('edit refuses a link and what is not there, and answers nothing of what it reads', async t => {
	const machine = await actNode();
	t.teardown(async () => machine.stop());
	symlinkSync('10-mynet.conflist', join(machine.tree.root, '/etc/cni/net.d/99-link.conflist'));
	t.regex((await act(machine, 'edit', ['/etc/cni/net.d/99-link.conflist', '1.0.0'])).why, /it is a symbolic link/);
	t.regex((await act(machine, 'edit', ['/etc/cni/net.d/none', '1.0.0'])).why, /it is not there/);
	t.is((await act(machine, 'edit', ['/etc/../shadow', '1.0.0'])).result, 'refused');
	writeFileSync(join(machine.tree.root, '/etc/cni/net.d/98.conf'), '{"token":"canary", "cniVersion": "canary');
	t.notRegex(JSON.stringify(await act(machine, 'edit', ['/etc/cni/net.d/98.conf', '1.0.0'])), /canary/);
});
