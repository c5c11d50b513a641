import {createPrivateKey} from 'node:crypto';
import {readFile, stat} from 'node:fs/promises';
import {messageOf} from '../../errors.ts';
import {keyTypeOf, WireReader} from './wire.ts';

/** A key that can sign. */
export type PrivateKey = {
	readonly publicKey: Buffer;
	/** The hash is for RSA only. */
	readonly sign: (data: Buffer, hash: 'sha256' | 'sha512' | undefined) => Buffer;
};

/** Reads an OpenSSH, PKCS#1 or SEC1 private key; throws where it cannot be, or only with another passphrase. */
export type ParsePrivateKey = (text: string, passphrase: string | undefined) => PrivateKey;

/** What a file named as an identity holds. */
export type KeyFile = {
	readonly path: string;
	/** Undefined in an encrypted PEM file without a `.pub` beside it, and where the file is unusable. */
	readonly publicKey: Buffer | undefined;
	/** A phrase: why this file cannot sign. Its public key may still be one that the agent holds. */
	readonly unusable: string | undefined;
	readonly encrypted: boolean;
	readonly text: string;
};

/** No key is longer. */
const longestFile = 256 * 1024;

/** Reads a key file as far as it can be without its passphrase; never throws. */
export async function readKeyFile(path: string, parse: ParsePrivateKey): Promise<KeyFile> {
	const nothing = {path, publicKey: undefined, unusable: undefined, encrypted: false, text: ''};
	try {
		const {mode, uid, size} = await stat(path);
		if (size > longestFile) {
			return {...nothing, unusable: `is ${size} bytes long, which no key is`};
		}

		const text = await readFile(path, 'utf8');
		const beside = await publicKeyBeside(path);
		if (!/-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(text)) {
			const publicKey = publicKeyIn(text);
			return {...nothing, publicKey, unusable: publicKey === undefined ? 'holds no key' : 'holds only a public key'};
		}

		// As OpenSSH: a file of another owner is that owner's business (authfile.c, `sshkey_perm_ok`).
		if (process.getuid?.() === uid && (mode & 0o077) !== 0) {
			const seen = (mode & 0o777).toString(8).padStart(4, '0');
			return {...nothing, publicKey: beside, unusable: `can be read by others (mode ${seen}): chmod 600 ${path}`};
		}

		const encrypted = isEncrypted(text);
		const publicKey = publicKeyOfContainer(text) ?? (encrypted ? beside : parsePrivateKey(text, undefined, parse).publicKey);
		return {...nothing, publicKey, encrypted, text};
	} catch (error) {
		const code = error instanceof Error && 'code' in error ? error.code : undefined;
		return {...nothing, unusable: code === 'ENOENT' ? 'does not exist' : `cannot be read: ${messageOf(error)}`};
	}
}

/** As the given parser, and PKCS#8, which it does not know. */
export function parsePrivateKey(text: string, passphrase: string | undefined, parse: ParsePrivateKey): PrivateKey {
	if (!/-----BEGIN (ENCRYPTED )?PRIVATE KEY-----/.test(text)) {
		return parse(text, passphrase);
	}

	const key = createPrivateKey({key: text, format: 'pem', ...(passphrase !== undefined && {passphrase})});
	if (key.asymmetricKeyType !== 'rsa' && key.asymmetricKeyType !== 'ec') {
		throw new Error(`${key.asymmetricKeyType} keys are read in OpenSSH's own format only (ssh-keygen -p converts them)`);
	}

	return parse(key.export({type: key.asymmetricKeyType === 'rsa' ? 'pkcs1' : 'sec1', format: 'pem'}).toString(), undefined);
}

/** The key of a line `TYPE BASE64 COMMENT`. */
function publicKeyIn(text: string): Buffer | undefined {
	const [, type, base64 = ''] = /^\s*([\w@.-]+)[ \t]+([A-Za-z0-9+/]+=*)/.exec(text) ?? [];
	const publicKey = Buffer.from(base64, 'base64');
	return type !== undefined && keyTypeOf(publicKey) === type ? publicKey : undefined;
}

async function publicKeyBeside(path: string): Promise<Buffer | undefined> {
	try {
		return publicKeyIn((await readFile(`${path}.pub`, 'utf8')).slice(0, longestFile));
	} catch {
		return undefined; // There is seldom need of it.
	}
}

/** The head of OpenSSH's own format, which is never encrypted (openssh-portable, PROTOCOL.key). */
function openContainer(text: string): {readonly cipher: string; readonly publicKey: Buffer} | undefined {
	const [, base64] = /-----BEGIN OPENSSH PRIVATE KEY-----([\s\S]*?)-----END/.exec(text) ?? [];
	if (base64 === undefined) {
		return undefined;
	}

	const reader = new WireReader(Buffer.from(base64, 'base64'));
	if (reader.take(15).toString('latin1') !== 'openssh-key-v1\0') {
		throw new Error('this is not an OpenSSH private key');
	}

	const cipher = reader.string().toString('latin1');
	reader.string(); // The name of the key derivation,
	reader.string(); // its options,
	reader.number(); // and how many keys there are: always one.
	return {cipher, publicKey: Buffer.from(reader.string())};
}

const publicKeyOfContainer = (text: string) => openContainer(text)?.publicKey;

const isEncrypted = (text: string) =>
	(openContainer(text)?.cipher ?? 'none') !== 'none' ||
	/^Proc-Type: 4,ENCRYPTED|-----BEGIN ENCRYPTED PRIVATE KEY-----/m.test(text);
