import {blobOf, type Keys} from './keys.ts';
import {type Case, one} from './known-hosts-case.ts';

/** Lines right and wrong, as text. */
export const lineCases: readonly Case[] = [
	{
		title: 'comments and blank lines',
		files: one(k => `# x\n\n \t\n\t# node-1.example ${k.other}\nnode-1.example ${k.ed25519}`),
		openssh: 'known',
	},
	{title: 'a comment after the key', files: one(k => `node-1.example ${k.ed25519} # x`), openssh: 'known'},
	{title: 'a comment against the key', files: one(k => `node-1.example ${k.ed25519}# x`), openssh: 'unknown'},
	{title: 'a comment for a key', files: one(k => `node-1.example # ${k.ed25519}`), openssh: 'unknown'},
	{title: 'no newline at the end', files: k => [`node-1.example ${k.ed25519}`], openssh: 'known'},
	{title: 'CRLF', files: k => [`node-1.example ${k.ed25519}\r\n\r\n# x\r\n`], openssh: 'known'},
	{title: 'CRLF and a comment', files: k => [`node-1.example ${k.ed25519} x\r\n`], openssh: 'known'},
	{title: 'CRLF and another key', files: k => [`\r\nnode-1.example ${k.other}\r\n`], openssh: 'changed 0:2'},
	{title: 'CR alone ends no line', files: k => [`node-2.example ${k.other}\rnode-1.example ${k.ed25519}\n`], openssh: 'unknown'},
	{title: 'tabs and blanks', files: one(k => ` \tnode-1.example \t ${k.ed25519.replace(' ', '\t\t')}\t`), openssh: 'known'},
	{title: 'another kind of blank', files: one(k => `node-1.example\u{a0}${k.ed25519}`), openssh: 'unknown'},
	{
		title: 'a form feed within the key',
		files: one(k => `node-1.example ${k.ed25519.replace('AAAA', 'AA\f\vAA')}`),
		openssh: 'known',
	},
	{title: 'a NUL ends the line', files: one(k => `node-1.example ${k.ed25519}\0 x`), openssh: 'known'},
	{
		title: 'a NUL within the key',
		files: one(k => `node-1.example ${k.ed25519.slice(0, 50)}\0${k.ed25519.slice(50)}`),
		openssh: 'unknown',
	},
	{title: 'a byte order mark', files: k => [`\u{feff}node-1.example ${k.ed25519}\n`], openssh: 'unknown'},
	{
		title: 'a tab after the marker: no marker',
		files: one(k => `@revoked\t* ${k.ed25519}\nnode-1.example ${k.ed25519}`),
		openssh: 'known',
	},
	{title: 'only tabs', files: one(k => `@revoked\t*\t${k.ed25519.replace(' ', '\t')}`), openssh: 'revoked'},
	{title: 'blanks around the marker', files: one(k => ` @revoked \t * ${k.ed25519}`), openssh: 'revoked'},
	{title: 'an unknown marker', files: one(k => `@trusted node-1.example ${k.ed25519}`), openssh: 'unknown'},
	{title: 'a marker in capitals', files: one(k => `@REVOKED * ${k.ed25519}\nnode-1.example ${k.ed25519}`), openssh: 'known'},
	{
		title: 'two markers',
		files: one(k => `@revoked @cert-authority * ${k.ed25519}\nnode-1.example ${k.ed25519}`),
		openssh: 'known',
	},
	{
		title: 'a name with @ after the marker',
		files: one(k => `@revoked @x,* ${k.ed25519}\nnode-1.example ${k.ed25519}`),
		openssh: 'known',
	},
	{title: 'a comment that could be names', files: one(k => `#,node-1.example ${k.ed25519}`), openssh: 'unknown'},
	{title: 'malformed lines, then the key', files: one(k => malformed(k, 'node-1.example')), openssh: 'known'},
	{
		title: 'malformed lines, then another key',
		files: one(k => malformed({...k, ed25519: k.other}, 'node-1.example')),
		openssh: 'changed 0:11',
	},
	{
		title: 'malformed, revoked',
		files: one(k => `@revoked * ${k.ed25519.slice(0, -4)}\nnode-1.example ${k.ed25519}`),
		openssh: 'known',
	},
	{
		title: "a type that is not the blob's",
		files: one(k => `node-1.example ssh-rsa ${k.ed25519.split(' ')[1]}`),
		openssh: 'unknown',
	},
	{
		title: 'a type in capitals',
		files: one(k => `node-1.example ${k.ed25519.replace('ssh-ed25519', 'SSH-ED25519')}`),
		openssh: 'unknown',
	},
	{
		title: 'a signature for a type',
		files: one(k => `node-1.example ${k.rsa.replace('ssh-rsa', 'rsa-sha2-512')}`),
		openssh: 'changed 0:1',
	},
	{
		title: 'more after the key in the blob',
		files: one(k => `node-1.example ${bent(k.ed25519, b => Buffer.concat([b, Buffer.alloc(4)]))}`),
		openssh: 'unknown',
	},
	{
		title: 'a point beside the curve',
		files: one(k => `node-1.example ${bent(k.ecdsa, b => b.fill(7, b.length - 32))}`),
		openssh: 'unknown',
	},
	{
		title: 'an Ed25519 key of 33 bytes',
		files: one(
			k =>
				`node-1.example ${bent(k.ed25519, b => Buffer.concat([b.subarray(0, 18), Buffer.from([33]), b.subarray(19), Buffer.alloc(1)]))}`,
		),
		openssh: 'unknown',
	},
	{
		title: 'another curve in the blob',
		files: one(
			k =>
				`node-1.example ${bent(k.ecdsa, b => Buffer.from(b.toString('latin1').replace(/nistp256(?=\0\0\0A)/, 'nistp384'), 'latin1'))}`,
		),
		openssh: 'unknown',
	},
	{title: 'an RSA key of few bits', files: one(() => `node-1.example ${rsaOf(1023)}`), openssh: 'unknown'},
	{title: 'an RSA key of just enough bits', files: one(() => `node-1.example ${rsaOf(1024)}`), openssh: 'changed 0:1'},
	{title: 'an RSA key of 16384 bits', files: one(() => `node-1.example ${rsaOf(16_384)}`), openssh: 'changed 0:1'},
	{title: 'an RSA key of more bits', files: one(() => `node-1.example ${rsaOf(16_385)}`), openssh: 'unknown'},
];

/** A key's blob with something done to it. */
function bent(key: string, change: (blob: Buffer) => Buffer): string {
	return `${key.split(' ')[0]} ${change(blobOf(key)).toString('base64')}`;
}

function malformed(k: Keys, name: string): string {
	const [type, base64] = k.other.split(' ');
	return [
		`${name} `,
		`${name} ${type} `,
		`${name} ${type} !!!!`,
		`${name} ${type} ${base64?.slice(0, -4)}`,
		`${name} ${type} ${base64}=`,
		`${name} ${type}${base64}`,
		`${name} ssh-unheard-of ${base64}`,
		`${name} 1024 35 ${'7'.repeat(300)}`,
		`@cert-authority`,
		`${name} ${type} ${base64?.replace('AAAA', '____')}`,
		`${name} ${k.ed25519}`,
	].join('\n');
}

function rsaOf(bits: number): string {
	const number = Buffer.alloc(Math.floor(bits / 8) + 1, 1);
	number[0] = bits % 8 === 0 ? 0 : 1 << ((bits % 8) - 1);
	number[1] = bits % 8 === 0 ? 0x81 : 1;
	const parts = [Buffer.from('ssh-rsa'), Buffer.from([1, 0, 1]), number];
	const lengths = parts.map(part => Buffer.from([0, 0, part.length >> 8, part.length & 0xff]));
	return `ssh-rsa ${Buffer.concat(parts.flatMap((part, at) => [lengths[at] ?? Buffer.alloc(4), part])).toString('base64')}`;
}
