import {generateKeyPairSync} from 'node:crypto';
import test from 'ava';
import {UserError} from '../../lib/errors.ts';
import {
	decideHostKey,
	fingerprint,
	type HostKeyDecision,
	type HostName,
	knownHostsLine,
	knownKeyTypes,
} from '../../lib/ssh/known-hosts/known-hosts.ts';
import {parsePublicKey} from '../../lib/ssh/known-hosts/public-key.ts';
import {blobOf, recordedKeys as keys, moreKeys} from './keys.ts';
import type {Case} from './known-hosts-case.ts';
import {cases} from './known-hosts-cases.ts';

const paths = ['user', 'global'];
const filesOf = (texts: readonly string[]) => texts.map((text, at) => ({path: paths[at] ?? '', text}));

/** As the cases write it. */
function inShort(decision: HostKeyDecision): string {
	return decision.kind === 'changed' ? `changed ${paths.indexOf(decision.file)}:${decision.line}` : decision.kind;
}

/** The key that a server with all three is asked for. */
function firstAsked(known: readonly string[]): string {
	return [keys.ed25519, keys.ecdsa, keys.rsa].find(key => known.includes(key.split(' ')[0] ?? '')) ?? keys.ed25519;
}

const decides = test.macro((t, {name = 'node-1.example', port = 22, files, asks, openssh}: Case) => {
	const host = {name, port};
	const known = filesOf(files(keys));
	const key = asks === undefined ? keys.ed25519 : firstAsked(knownKeyTypes(known, host));
	t.is(inShort(decideHostKey(known, host, blobOf(key))), openssh);
});

for (const asked of cases) {
	test(`as OpenSSH decided: ${asked.title}`, decides, asked);
}

const node1: HostName = {name: 'node-1.example', port: 22};
const node1At2222: HostName = {...node1, port: 2222};
const decide = (text: string, host = node1, key = keys.ed25519) => decideHostKey(filesOf([text]), host, blobOf(key));

test('a decision says where it comes from', t => {
	t.deepEqual(decide(`\nnode-1.example ${keys.rsa}`), {kind: 'changed', file: 'user', line: 2, keyType: 'ssh-rsa'});
	t.deepEqual(decide(`\n\n@revoked * ${keys.ed25519}\n@revoked * ${keys.ed25519}`), {kind: 'revoked', file: 'user', line: 3});
	t.deepEqual(decide('', node1At2222), {kind: 'unknown', reason: '[node-1.example]:2222: no key is known'});
	t.deepEqual(decide(`@cert-authority * ${keys.ca}`), {
		kind: 'unknown',
		reason: 'node-1.example: only a certificate authority is known, and a plain key is not its work',
	});
});

test('an alias goes with port 22 and is looked for as it is', t => {
	t.is(decide(`bastion ${keys.ed25519}`, {name: 'Bastion', port: 22}).kind, 'known');
	t.is(decide(`[jump]:2222 ${keys.ed25519}`, {name: '[jump]:2222', port: 22}).kind, 'known');
});

test('the address decides nothing, as CheckHostIP is off', t => {
	t.is(decide(`10.0.0.1 ${keys.ed25519}`, {...node1, address: '10.0.0.1'}).kind, 'unknown');
	t.is(decide(`10.0.0.1 ${keys.other}\nnode-1.example ${keys.ed25519}`, {...node1, address: '10.0.0.1'}).kind, 'known');
});

test('what is no plain key is never known', t => {
	const text = `node-1.example ${keys.ed25519}\nnode-1.example ${keys.certificate}\n@cert-authority * ${keys.ca}`;
	t.is(decide(text, node1, keys.certificate).kind, 'unknown');
	t.is(decideHostKey(filesOf([text]), node1, Buffer.alloc(0)).kind, 'unknown');
	t.is(decideHostKey(filesOf([text]), node1, Buffer.concat([blobOf(keys.ed25519), Buffer.alloc(1)])).kind, 'unknown');
});

test('the types that are known come in the order of the lines, once each', t => {
	const text = [keys.rsa, keys.ecdsa, keys.other, keys.ed25519, keys.rsa].map(key => `node-1.example ${key}`).join('\n');
	t.deepEqual(knownKeyTypes(filesOf([text]), node1), ['ssh-rsa', 'ecdsa-sha2-nistp256', 'ssh-ed25519']);
	t.deepEqual(knownKeyTypes(filesOf(['', text]), node1At2222), []);
	t.deepEqual(knownKeyTypes(filesOf([`@cert-authority * ${keys.ca}\n* ${keys.certificate}\n@revoked * ${keys.rsa}`]), node1), []);
	t.deepEqual(knownKeyTypes(filesOf([`* ${keys.rsa}\n* ${keys.ecdsa}\n@revoked * ${keys.rsa}`]), node1), ['ecdsa-sha2-nistp256']);
});

test('the fingerprint is what ssh-keygen -l prints', t => {
	t.is(fingerprint(blobOf(keys.ed25519)), 'SHA256:+jahCD02YdwmBQNghHpNAaAi42TPzOFShbohp6G9R/s');
	t.is(fingerprint(blobOf(keys.rsa)), 'SHA256:IkWTHsqlL77uLG1p2+tXG5afx2d65HxdBc76J2Tn2wY');
});

test('a hash that ssh-keygen -H made is read', t => {
	const hash = '|1|SxX4K/JrkRU7Nz3H7qk7RbAQdas=|h3FQZRqWlCFAP7Bi94atdIUftDw=';
	t.is(decide(`${hash} ${keys.ed25519}`).kind, 'known');
	t.is(decide(`${hash} ${keys.ed25519}`, {...node1, name: 'node-2.example'}).kind, 'unknown');
});

test('a line reads back as the host and the key that it was made of', t => {
	const salt = Buffer.alloc(20, 7);
	for (const name of ['node-1.example', 'NODE-1', '10.0.0.1', 'fe80::1%eth0']) {
		for (const host of [
			{name, port: 22},
			{name, port: 2222},
		]) {
			for (const key of [keys.ed25519, keys.rsa, keys.ecdsa]) {
				for (const line of [knownHostsLine(host, blobOf(key)), knownHostsLine(host, blobOf(key), salt)]) {
					t.is(decide(line, host, key).kind, 'known', line);
					t.is(decide(line, {...host, port: 23}, key).kind, host.port === 22 ? 'known' : 'unknown', line);
				}
			}
		}
	}

	t.is(knownHostsLine({name: 'Node-1', port: 2222}, blobOf(keys.ed25519)), `[node-1]:2222 ${keys.ed25519}`);
	t.is(
		knownHostsLine(node1, blobOf(keys.ed25519), Buffer.from('0123456789abcdefghij')),
		`|1|MDEyMzQ1Njc4OWFiY2RlZmdoaWo=|ZBdFPOewxVBHej7+wWbcTFP6ktY= ${keys.ed25519}`,
	);
	t.is(knownHostsLine({name: '[jump]:2222', port: 22}, blobOf(keys.ed25519)), `[jump]:2222 ${keys.ed25519}`);
});

test('a name or a key that would not read back is not written', t => {
	for (const name of ['', '*', 'a b', 'a,b', 'a\nb', '!a', '|1|a', '@revoked', '[a]', '[*]:22', '# a', 'a\u{2028}b', 'a\0']) {
		t.throws(() => knownHostsLine({name, port: 22}, blobOf(keys.ed25519)), {instanceOf: UserError, message: /cannot be written/});
	}

	t.throws(() => knownHostsLine(node1, blobOf(keys.certificate)), {instanceOf: UserError, message: /no plain public key/});
	t.throws(() => knownHostsLine(node1, Buffer.from('ssh-ed25519')), {instanceOf: UserError, message: /no plain public key/});
});

test('keys of all types are read, and equal keys are equal however they are written', t => {
	for (const key of [...Object.values(keys), ...Object.values(moreKeys)]) {
		const parsed = parsePublicKey(blobOf(key));
		t.is(parsed?.type, key.split(' ')[0]);
		t.true(parsed?.isCertificate === true ? parsed.plain.equals(blobOf(keys.ed25519)) : parsed?.plain.equals(blobOf(key)));
	}

	// A zero ahead of the exponent: the same number.
	const rsa = blobOf(keys.rsa).toString('hex').replace('00000003010001', '0000000400010001');
	t.true(parsePublicKey(Buffer.from(rsa, 'hex'))?.plain.equals(blobOf(keys.rsa)));
	t.is(parsePublicKey(Buffer.from(rsa.replace('0000000400010001', '0000000480010001'), 'hex')), undefined);
});

test('of a key that is cut short anywhere nothing is read', t => {
	for (const key of [keys.ed25519, keys.ecdsa, moreKeys.dsa, keys.rsa]) {
		const blob = blobOf(key);
		for (let length = 0; length < blob.length; length += 1) {
			t.is(parsePublicKey(blob.subarray(0, length)), undefined);
		}
	}
});

test('a point that another tool made is a point', t => {
	const {x = '', y = ''} = generateKeyPairSync('ec', {namedCurve: 'P-256'}).publicKey.export({format: 'jwk'});
	const blob = blobOf(keys.ecdsa);
	const start = blob.length - 64;
	t.truthy(parsePublicKey(Buffer.concat([blob.subarray(0, start), Buffer.from(x, 'base64url'), Buffer.from(y, 'base64url')])));
	t.is(parsePublicKey(Buffer.concat([blob.subarray(0, start), Buffer.alloc(64, 1)])), undefined);
});
