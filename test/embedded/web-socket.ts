import {createHash, randomBytes} from 'node:crypto';

/** One whole message, or the end. */
export type Message =
	| {readonly kind: 'data'; readonly data: Buffer}
	| {readonly kind: 'ping'; readonly data: Buffer}
	| {readonly kind: 'close'; readonly code: number};

const opcodes = {continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10} as const;

/** What a server answers to `Sec-WebSocket-Key` (RFC 6455, 4.2.2). */
export function acceptOf(key: string): string {
	return createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
}

/** One frame that is a whole message. A client masks what it sends. */
export function frameOf(opcode: 'binary' | 'close' | 'pong', data: Buffer, from: 'client' | 'server'): Buffer {
	const length =
		data.length < 126
			? Buffer.from([data.length])
			: data.length < 65_536
				? Buffer.from([126, data.length >> 8, data.length & 255])
				: lengthOf8(data.length);
	const first = Buffer.from([0x80 | opcodes[opcode]]);
	if (from === 'server') {
		return Buffer.concat([first, length, data]);
	}

	const mask = randomBytes(4);
	length[0] = (length[0] ?? 0) | 0x80;
	return Buffer.concat([first, length, mask, masked(data, mask)]);
}

/** Body of a close frame: a code. */
export function closing(code: number): Buffer {
	return Buffer.from([code >> 8, code & 255]);
}

/** Makes messages of the bytes of a connection as they come. */
export class MessageReader {
	#rest: Buffer = Buffer.alloc(0);
	#parts: Buffer[] = [];

	/** The messages that these bytes complete. */
	push(bytes: Buffer): readonly Message[] {
		this.#rest = Buffer.concat([this.#rest, bytes]);
		const messages: Message[] = [];
		for (let frame = readFrame(this.#rest); frame !== undefined; frame = readFrame(this.#rest)) {
			this.#rest = this.#rest.subarray(frame.size);
			messages.push(...this.#read(frame));
		}

		return messages;
	}

	#read({isFinal, opcode, data}: Frame): readonly Message[] {
		switch (opcode) {
			case opcodes.close:
				return [{kind: 'close', code: data.length < 2 ? 1005 : data.readUInt16BE(0)}];
			case opcodes.ping:
				return [{kind: 'ping', data}];
			case opcodes.pong:
				return [];
			default:
				this.#parts.push(data);
				return isFinal ? [{kind: 'data', data: Buffer.concat(this.#parts.splice(0))}] : [];
		}
	}
}

type Frame = {readonly isFinal: boolean; readonly opcode: number; readonly data: Buffer; readonly size: number};

/** The first frame of these bytes; undefined where it is not there as a whole. */
function readFrame(bytes: Buffer): Frame | undefined {
	const [first, second] = bytes;
	if (first === undefined || second === undefined) {
		return undefined;
	}

	const short = second & 0x7f;
	const extra = short === 126 ? 2 : short === 127 ? 8 : 0;
	const isMasked = (second & 0x80) !== 0;
	const start = 2 + extra + (isMasked ? 4 : 0);
	if (bytes.length < start) {
		return undefined;
	}

	const length = extra === 2 ? bytes.readUInt16BE(2) : extra === 8 ? Number(bytes.readBigUInt64BE(2)) : short;
	if (bytes.length < start + length) {
		return undefined;
	}

	const data = bytes.subarray(start, start + length);
	return {
		isFinal: (first & 0x80) !== 0,
		opcode: first & 0x0f,
		data: isMasked ? masked(data, bytes.subarray(start - 4, start)) : data,
		size: start + length,
	};
}

function masked(data: Buffer, mask: Buffer): Buffer {
	return Buffer.from(data.map((byte, index) => byte ^ (mask[index % 4] ?? 0)));
}

function lengthOf8(length: number): Buffer {
	const bytes = Buffer.alloc(9);
	bytes[0] = 127;
	bytes.writeBigUInt64BE(BigInt(length), 1);
	return bytes;
}
