import {hashedName} from '../../lib/ssh/known-hosts/host-names.ts';
import {type Case, one} from './known-hosts-case.ts';
import {lineCases} from './known-hosts-line-cases.ts';

const salt = Buffer.from('0123456789abcdefghij');
const hashed = hashedName('node-1.example', salt);
const hashedPort = hashedName('[node-1.example]:2222', salt);

const names: readonly Case[] = [
	{title: 'plain', files: one(k => `node-1.example ${k.ed25519} a comment`), openssh: 'known'},
	{title: 'no file says anything', files: () => ['', ''], openssh: 'unknown'},
	{title: 'another host', files: one(k => `node-2.example ${k.ed25519}`), openssh: 'unknown'},
	{title: 'a comma list', files: one(k => `node-2.example,node-1.example,10.0.0.1 ${k.ed25519}`), openssh: 'known'},
	{title: 'a comma list with holes', files: one(k => `,,node-1.example, ${k.ed25519}`), openssh: 'known'},
	{
		title: 'a blank in the comma list ends it',
		files: one(k => `node-2.example, node-1.example ${k.ed25519}`),
		openssh: 'unknown',
	},
	{title: '[host]:port', port: 2222, files: one(k => `[node-1.example]:2222 ${k.ed25519}`), openssh: 'known'},
	{title: '[host]:port of another port', port: 2222, files: one(k => `[node-1.example]:2223 ${k.ed25519}`), openssh: 'unknown'},
	{title: '[host]:22 is not the plain name', files: one(k => `[node-1.example]:22 ${k.ed25519}`), openssh: 'unknown'},
	{title: 'hashed', files: one(k => `${hashed} ${k.ed25519}`), openssh: 'known'},
	{title: 'hashed [host]:port', port: 2222, files: one(k => `${hashedPort} ${k.ed25519}`), openssh: 'known'},
	{title: 'hashed, another key', files: one(k => `${hashed} ${k.other}`), openssh: 'changed 0:1'},
	{title: 'hashed, with a bent hash', files: one(k => `${hashed.replace(/.=$/, 'A=')} ${k.ed25519}`), openssh: 'unknown'},
	{title: 'hashed, with other magic', files: one(k => `${hashed.replace('|1|', '|2|')} ${k.ed25519}`), openssh: 'unknown'},
	{
		title: 'hashed, with a short salt',
		files: one(k => `${hashedName('node-1.example', salt.subarray(1))} ${k.ed25519}`),
		openssh: 'unknown',
	},
	{title: 'a list of hashes is none', files: one(k => `${hashed},${hashed} ${k.ed25519}`), openssh: 'unknown'},
	{title: 'a name ahead of a hash', files: one(k => `x,${hashed} ${k.ed25519}`), openssh: 'unknown'},
	{title: 'wildcard *', files: one(k => `*.example ${k.ed25519}`), openssh: 'known'},
	{title: 'wildcard ?', files: one(k => `node-?.example ${k.ed25519}`), openssh: 'known'},
	{
		title: 'wildcards that do not fit',
		files: one(k => `node-??.example,*.exampl,?node-1.example ${k.ed25519}`),
		openssh: 'unknown',
	},
	{title: 'many stars', files: one(k => `**n*-*e*a*e** ${k.ed25519}`), openssh: 'known'},
	{title: 'wildcard * of a port', port: 2222, files: one(k => `[*.example]:* ${k.ed25519}`), openssh: 'known'},
	{title: 'brackets are no set', files: one(k => `node-[1].example ${k.ed25519}`), openssh: 'unknown'},
	{title: 'negated', files: one(k => `*.example,!node-1.example ${k.ed25519}`), openssh: 'unknown'},
	{title: 'negated first', files: one(k => `!node-1.*,*.example ${k.ed25519}`), openssh: 'unknown'},
	{title: 'negated for another host', files: one(k => `*.example,!node-2.example ${k.ed25519}`), openssh: 'known'},
	{title: 'nothing but a negation', files: one(k => `!node-2.example ${k.ed25519}`), openssh: 'unknown'},
	{
		title: 'a negation is of its line only',
		files: one(k => `!node-1.example,* ${k.other}\n*.example ${k.ed25519}`),
		openssh: 'known',
	},
	{title: 'two exclamation marks', files: one(k => `*,!!node-1.example ${k.ed25519}`), openssh: 'known'},
	{title: 'case, in the file', files: one(k => `NODE-1.Example ${k.ed25519}`), openssh: 'known'},
	{title: 'case, as given', name: 'NODE-1.EXAMPLE', files: one(k => `node-1.example ${k.ed25519}`), openssh: 'known'},
	{title: 'case, as given, hashed', name: 'NODE-1.EXAMPLE', files: one(k => `${hashed} ${k.ed25519}`), openssh: 'known'},
	{title: 'a Kelvin sign is no k', name: 'k.example', files: one(k => `\u{212a}.example ${k.ed25519}`), openssh: 'unknown'},
	{title: 'a pattern of 1022 bytes', files: one(k => `${'x'.repeat(1022)},node-1.example ${k.ed25519}`), openssh: 'known'},
	{
		title: 'a pattern of 1023 bytes ends the list',
		files: one(k => `node-1.example,${'x'.repeat(1023)} ${k.ed25519}`),
		openssh: 'unknown',
	},
	{
		title: 'a very long line',
		files: one(k => `${'x,'.repeat(60_000)}node-1.example ${k.ed25519} ${'y'.repeat(200_000)}`),
		openssh: 'known',
	},
];

const ports: readonly Case[] = [
	{title: 'a port, known without it', port: 2222, files: one(k => `node-1.example ${k.ed25519}`), openssh: 'known'},
	{title: 'a port, hashed without it', port: 2222, files: one(k => `${hashed} ${k.ed25519}`), openssh: 'known'},
	{title: 'a port, another key without it', port: 2222, files: one(k => `node-1.example ${k.other}`), openssh: 'unknown'},
	{title: 'a port, revoked without it', port: 2222, files: one(k => `@revoked node-1.example ${k.ed25519}`), openssh: 'revoked'},
	{
		title: 'a port, known with it, revoked without',
		port: 2222,
		files: one(k => `[node-1.example]:2222 ${k.ed25519}\n@revoked node-1.example ${k.ed25519}`),
		openssh: 'known',
	},
	{
		title: 'a port, another key with it, known without',
		port: 2222,
		files: one(k => `node-1.example ${k.ed25519}\n[node-1.example]:2222 ${k.other}`),
		openssh: 'changed 0:2',
	},
	{
		title: 'a port, an authority with it, known without',
		port: 2222,
		files: one(k => `@cert-authority [node-1.example]:2222 ${k.ca}\nnode-1.example ${k.ed25519}`),
		openssh: 'known',
	},
];

const keys: readonly Case[] = [
	{title: 'changed', files: one(k => `node-1.example ${k.other}`), openssh: 'changed 0:1'},
	{title: 'another type only', files: one(k => `node-1.example ${k.rsa}`), openssh: 'changed 0:1'},
	{title: 'changed, then the key', files: one(k => `node-1.example ${k.other}\nnode-1.example ${k.ed25519}`), openssh: 'known'},
	{title: 'the key, then another', files: one(k => `node-1.example ${k.ed25519}\nnode-1.example ${k.other}`), openssh: 'known'},
	{
		title: 'two others: the last is named',
		files: one(k => `node-1.example ${k.other}\n\n*.example ${k.rsa}\n`),
		openssh: 'changed 0:3',
	},
	{title: 'the second file has it', files: k => ['', `node-1.example ${k.ed25519}\n`], openssh: 'known'},
	{title: 'the second file wins', files: k => [`node-1.example ${k.other}\n`, `node-1.example ${k.ed25519}\n`], openssh: 'known'},
	{
		title: 'the second file is named',
		files: k => [`node-1.example ${k.other}\n`, `#\nnode-1.example ${k.ca}\n`],
		openssh: 'changed 1:2',
	},
	{
		title: 'the first file is enough',
		files: k => [`node-1.example ${k.ed25519}\n`, `node-1.example ${k.other}\n`],
		openssh: 'known',
	},
	{title: 'only an authority', files: one(k => `@cert-authority *.example ${k.ca}`), openssh: 'unknown'},
	{title: 'an authority that is the key itself', files: one(k => `@cert-authority * ${k.ed25519}`), openssh: 'unknown'},
	{
		title: 'an authority and another key',
		files: one(k => `@cert-authority * ${k.ca}\nnode-1.example ${k.other}`),
		openssh: 'changed 0:2',
	},
	{
		title: 'an authority and the key',
		files: one(k => `@cert-authority * ${k.ca}\nnode-1.example ${k.ed25519}`),
		openssh: 'known',
	},
	{title: 'revoked', files: one(k => `@revoked node-1.example ${k.ed25519}`), openssh: 'revoked'},
	{title: 'revoked for all', files: one(k => `@revoked * ${k.ed25519}`), openssh: 'revoked'},
	{title: 'revoked for another host', files: one(k => `@revoked node-2.example ${k.ed25519}`), openssh: 'unknown'},
	{title: 'known, then revoked', files: one(k => `node-1.example ${k.ed25519}\n@revoked * ${k.ed25519}`), openssh: 'revoked'},
	{
		title: 'revoked in the second file',
		files: k => [`node-1.example ${k.ed25519}\n`, `@revoked * ${k.ed25519}\n`],
		openssh: 'revoked',
	},
	{title: 'changed and revoked', files: one(k => `@revoked * ${k.ed25519}\nnode-1.example ${k.other}`), openssh: 'revoked'},
	{title: 'another key is revoked', files: one(k => `@revoked * ${k.other}\nnode-1.example ${k.ed25519}`), openssh: 'known'},
	{title: 'only another key is revoked', files: one(k => `@revoked * ${k.other}`), openssh: 'unknown'},
	{
		title: 'revoked by its certificate',
		files: one(k => `node-1.example ${k.ed25519}\n@revoked * ${k.certificate}`),
		openssh: 'revoked',
	},
	{title: 'a certificate is another key', files: one(k => `node-1.example ${k.certificate}`), openssh: 'changed 0:1'},
];

const orders: readonly Case[] = [
	{
		title: 'only RSA is known: it is asked for',
		asks: 'in its order',
		files: one(k => `node-1.example ${k.rsa}`),
		openssh: 'known',
	},
	{
		title: 'only ECDSA is known, with the port',
		asks: 'in its order',
		port: 2222,
		files: one(k => `[node-1.example]:2222 ${k.ecdsa}`),
		openssh: 'known',
	},
	{
		title: 'RSA, without the port: not asked for',
		asks: 'in its order',
		port: 2222,
		files: one(k => `node-1.example ${k.rsa}`),
		openssh: 'unknown',
	},
	{
		title: 'another key of the first type, RSA known: the first is asked for',
		asks: 'in its order',
		files: one(k => `node-1.example ${k.rsa}\nnode-1.example ${k.other}`),
		openssh: 'changed 0:2',
	},
	{
		title: 'RSA known and revoked: not asked for',
		asks: 'in its order',
		files: one(k => `node-1.example ${k.rsa}\n@revoked * ${k.rsa}`),
		openssh: 'changed 0:1',
	},
	{
		title: 'only an authority, in its order',
		asks: 'in its order',
		files: one(k => `@cert-authority * ${k.ca}`),
		openssh: 'unknown',
	},
];

export const cases: readonly Case[] = [...names, ...ports, ...keys, ...lineCases, ...orders];
