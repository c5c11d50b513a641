import {createPublicKey} from 'node:crypto';

/** A public key as it goes over the wire (RFC 4253 section 6.6, RFC 5656, RFC 8709, OpenSSH's PROTOCOL.u2f and PROTOCOL.certkeys). */
export type PublicKey = {
	/** The name of the key's type, of a certificate too: `ssh-ed25519`, `ssh-ed25519-cert-v01@openssh.com`. */
	readonly type: string;
	readonly isCertificate: boolean;
	/** The plain key in its one canonical form, of a certificate the key that it certifies: equal keys have equal bytes. */
	readonly plain: Buffer;
};

/**
Reads a key blob as strictly as OpenSSH: undefined where OpenSSH would not take it for a key, such as an RSA key of fewer than 1024
bits or a point beside its curve. Of a certificate only the key is read: neither its signature nor its dates are looked at.
*/
export function parsePublicKey(blob: Buffer): PublicKey | undefined {
	const name = takeString(blob, 0);
	const type = name === undefined ? undefined : keyType(name.value.toString('latin1'));
	// A certificate has a nonce before its key.
	const start = type?.isCertificate === true && name !== undefined ? takeString(blob, name.end) : name;
	if (type === undefined || start === undefined) {
		return undefined;
	}

	const values: Buffer[] = [Buffer.from(type.plainName)];
	let {end} = start;
	for (const read of type.fields) {
		const field = takeString(blob, end);
		const value = field === undefined ? undefined : read(field.value);
		if (field === undefined || value === undefined) {
			return undefined;
		}

		values.push(value);
		end = field.end;
	}

	// A certificate goes on after the key.
	return end === blob.length || type.isCertificate
		? {type: type.name, isCertificate: type.isCertificate, plain: Buffer.concat(values.map(value => withLength(value)))}
		: undefined;
}

/** A type of key by what a known_hosts line or a blob calls it; undefined where OpenSSH knows none. */
export function keyType(name: string): KeyType | undefined {
	return keyTypes.get(name);
}

export type KeyType = {
	readonly name: string;
	/** The name without `-cert-v01`. */
	readonly plainName: string;
	readonly isCertificate: boolean;
	readonly fields: readonly Field[];
};

/** A field's value in its canonical form, or undefined where it is no such value. */
type Field = (value: Buffer) => Buffer | undefined;

const ofLength =
	(length: number): Field =>
	value =>
		value.length === length ? value : undefined;

const anyBytes: Field = value => value;

const exactly =
	(text: string): Field =>
	value =>
		value.toString('latin1') === text ? value : undefined;

/** At most 16384 bits, never negative; zeros ahead of the number do not count. */
const integer: Field = value => {
	const first = value.findIndex(byte => byte !== 0);
	const digits = first === -1 ? Buffer.alloc(0) : value.subarray(first);
	if (((value[0] ?? 0) & 0x80) !== 0 || value.length > 2049 || digits.length > 2048) {
		return undefined;
	}

	return ((digits[0] ?? 0) & 0x80) === 0 ? digits : Buffer.concat([Buffer.from([0]), digits]);
};

const modulus: Field = value => {
	const number = integer(value);
	// 1024 bits are 129 bytes: one more of zero, since the first bit is set.
	return number === undefined || number.length < 129 ? undefined : number;
};

/** An uncompressed point on the curve; Node.js proves that it is on it. */
const point =
	(crv: string, size: number): Field =>
	value => {
		if (value.length !== 1 + 2 * size || value[0] !== 4) {
			return undefined;
		}

		const x = value.subarray(1, 1 + size).toString('base64url');
		const y = value.subarray(1 + size).toString('base64url');
		try {
			createPublicKey({key: {kty: 'EC', crv, x, y}, format: 'jwk'});
			return value;
		} catch {
			return undefined; // No point of the curve.
		}
	};

/** What follows the type's name in a blob. DSA went with OpenSSH 10.0, ML-DSA came with 10.4: a line of either says that a host has a key. */
const plainTypes: Readonly<Record<string, readonly Field[]>> = {
	'ssh-ed25519': [ofLength(32)],
	'sk-ssh-ed25519@openssh.com': [ofLength(32), anyBytes],
	'ecdsa-sha2-nistp256': [exactly('nistp256'), point('P-256', 32)],
	'ecdsa-sha2-nistp384': [exactly('nistp384'), point('P-384', 48)],
	'ecdsa-sha2-nistp521': [exactly('nistp521'), point('P-521', 66)],
	'sk-ecdsa-sha2-nistp256@openssh.com': [exactly('nistp256'), point('P-256', 32), anyBytes],
	'ssh-rsa': [integer, modulus],
	'ssh-dss': [integer, integer, integer, integer],
	'ssh-mldsa44-ed25519@openssh.com': [ofLength(1312 + 32)],
};

/** Names of signatures, which OpenSSH takes for the type of their key. */
const aliases = [
	['rsa-sha2-256', 'ssh-rsa'],
	['rsa-sha2-512', 'ssh-rsa'],
	['webauthn-sk-ecdsa-sha2-nistp256@openssh.com', 'sk-ecdsa-sha2-nistp256@openssh.com'],
] as const;

const certificateName = (plainName: string) => plainName.replace(/(@openssh\.com)?$/, '-cert-v01@openssh.com');

const keyTypes: ReadonlyMap<string, KeyType> = new Map(
	[...Object.keys(plainTypes).map(name => [name, name] as const), ...aliases].flatMap(([name, plainName]) => {
		const plain: KeyType = {name: plainName, plainName, isCertificate: false, fields: plainTypes[plainName] ?? []};
		const certificate: KeyType = {...plain, name: certificateName(plainName), isCertificate: true};
		return [
			[name, plain],
			[certificateName(name), certificate],
		];
	}),
);

function takeString(blob: Buffer, from: number): {readonly value: Buffer; readonly end: number} | undefined {
	if (from + 4 > blob.length) {
		return undefined;
	}

	const start = from + 4;
	const end = start + blob.readUInt32BE(from);
	return end > blob.length ? undefined : {value: blob.subarray(start, end), end};
}

function withLength(value: Buffer): Buffer {
	const length = Buffer.alloc(4);
	length.writeUInt32BE(value.length);
	return Buffer.concat([length, value]);
}
