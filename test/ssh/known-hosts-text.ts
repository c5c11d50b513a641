import * as fc from 'fast-check';
import {hashedName} from '../../lib/ssh/known-hosts/host-names.ts';
import {moreKeys, recordedKeys} from './keys.ts';

const hosts = ['node-1.example', '[node-1.example]:2222', 'node-2.example'];
const allKeys = [...Object.values(recordedKeys), ...Object.values(moreKeys)];
const hashes = hosts.map((host, at) => hashedName(host, Buffer.alloc(20, at)));

/** A text with one place cut out, doubled or replaced. */
function bent(text: string): fc.Arbitrary<string> {
	return fc
		.tuple(fc.nat(text.length), fc.nat(6), fc.constantFrom('', '=', '|', ' ', '\t', '\r', 'A', '\u{e9}', '*'))
		.map(([at, length, by]) => text.slice(0, at) + by + text.slice(at + length));
}

const pattern = fc.oneof(
	{weight: 4, arbitrary: fc.constantFrom(...hosts, '*', '*.example', 'NODE-?.*', '[*]:2222', '?node*', '', '!*')},
	{weight: 1, arbitrary: fc.string({unit: fc.constantFrom('*', '?', 'n', 'o', '1', '.', '[', '!'), maxLength: 12})},
	{weight: 1, arbitrary: fc.constantFrom(...hosts).chain(bent)},
);

const names = fc.oneof(
	{
		weight: 4,
		arbitrary: fc
			.array(
				fc.tuple(fc.constantFrom('', '', '', '!'), pattern).map(parts => parts.join('')),
				{minLength: 1, maxLength: 4},
			)
			.map(list => list.join(',')),
	},
	{weight: 1, arbitrary: fc.constantFrom(...hashes)},
	{weight: 1, arbitrary: fc.constantFrom(...hashes).chain(bent)},
);

const key = fc.oneof(
	{weight: 4, arbitrary: fc.constantFrom(...allKeys)},
	{weight: 2, arbitrary: fc.constantFrom(...allKeys).chain(bent)},
	{
		weight: 1,
		arbitrary: fc
			.tuple(fc.constantFrom('ssh-rsa', 'ssh-ed25519', 'rsa-sha2-256'), fc.base64String())
			.map(parts => parts.join(' ')),
	},
);

const blanks = fc.constantFrom('', ' ', ' ', ' ', ' ', '\t', '  ');
const marker = fc.constantFrom(
	'',
	'',
	'',
	'',
	'@revoked ',
	'@revoked ',
	'@cert-authority ',
	'@revoked\t',
	'@x ',
	'@revoked @revoked ',
	'@',
);
const ending = fc.constantFrom('', '', '', ' x', '\r', '#', ' # x', '\0');

/** Lines near to what known_hosts has, right and wrong. */
export const knownHostsLines = fc
	.tuple(fc.constantFrom('', '', '', ' ', '#'), marker, names, blanks, key, ending)
	.map(parts => parts.join(''));

/** Whole files, from such lines and from anything. */
export const knownHostsText = fc
	.array(fc.oneof({weight: 5, arbitrary: knownHostsLines}, {weight: 1, arbitrary: fc.string({unit: 'binary', maxLength: 40})}), {
		maxLength: 5,
	})
	.map(lines => lines.join('\n'));
