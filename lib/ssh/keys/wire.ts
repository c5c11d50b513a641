/** Strings and numbers as SSH writes them (RFC 4251, section 5), read from bytes that another wrote. */
export class WireReader {
	#rest: Buffer;

	constructor(bytes: Buffer) {
		this.#rest = bytes;
	}

	/** Throws where the bytes end too early, as do all the others. */
	take(length: number): Buffer {
		if (length > this.#rest.length) {
			throw new Error('the bytes end too early');
		}

		const taken = this.#rest.subarray(0, length);
		this.#rest = this.#rest.subarray(length);
		return taken;
	}

	byte(): number {
		return this.take(1).readUInt8();
	}

	number(): number {
		return this.take(4).readUInt32BE();
	}

	string(): Buffer {
		return this.take(this.number());
	}
}

/** A number of four bytes. */
export function wireNumber(value: number): Buffer {
	const bytes = Buffer.alloc(4);
	bytes.writeUInt32BE(value);
	return bytes;
}

export function wireString(value: Buffer | string): Buffer {
	const bytes = Buffer.from(value);
	return Buffer.concat([wireNumber(bytes.length), bytes]);
}

/** The type that a public key says it has, such as `ssh-ed25519`; undefined where these bytes are no public key. */
export function keyTypeOf(publicKey: Buffer): string | undefined {
	try {
		const type = new WireReader(publicKey).string().toString('latin1');
		return /^[\w@.-]{1,64}$/.test(type) ? type : undefined;
	} catch {
		return undefined;
	}
}
