import {createHash, randomBytes} from 'node:crypto';

/** A whole message, or what is said about the connection itself. */
export type SocketMessage =
	| {readonly kind: 'data'; readonly data: Buffer}
	| {readonly kind: 'ping'; readonly data: Buffer}
	| {readonly kind: 'pong'}
	| {readonly kind: 'close'};

const opcodes = {continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10} as const;

/** A fresh `Sec-WebSocket-Key`. */
export function newKey(): string {
	return randomBytes(16).toString('base64');
}

/** What a server that speaks WebSocket answers to that key (RFC 6455, 4.2.2). */
export function acceptOf(key: string): string {
	return createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
}

/** One frame that is a whole message of these parts, masked as a client has to (RFC 6455, 5.3). */
export function frame(opcode: 'binary' | 'close' | 'ping' | 'pong', ...parts: readonly Uint8Array[]): Buffer {
	const length = parts.reduce((sum, part) => sum + part.length, 0);
	const extra = length < 126 ? 0 : length < 65_536 ? 2 : 8;
	const bytes = Buffer.allocUnsafe(6 + extra + length);
	bytes[0] = 0x80 | opcodes[opcode];
	bytes[1] = 0x80 | (extra === 0 ? length : extra === 2 ? 126 : 127);
	if (extra === 2) {
		bytes.writeUInt16BE(length, 2);
	} else if (extra === 8) {
		bytes.writeBigUInt64BE(BigInt(length), 2);
	}

	const mask = randomBytes(4);
	bytes.set(mask, 2 + extra);
	let at = 6 + extra;
	for (const part of parts) {
		bytes.set(part, at);
		at += part.length;
	}

	applyMask(bytes.subarray(6 + extra), mask);
	return bytes;
}

function applyMask(data: Buffer, mask: Buffer): void {
	for (let index = 0; index < data.length; index += 1) {
		data[index] = (data[index] ?? 0) ^ (mask[index & 3] ?? 0);
	}
}

/** A server that breaks RFC 6455, or sends more at once than it was allowed. */
export class BrokenSocket extends Error {}

/** Makes messages of the bytes of a connection as they come. After it threw, the connection is good for nothing. */
export class MessageReader {
	readonly #mostBytes: number;
	#chunks: Buffer[] = [];
	#held = 0;
	#parts: Buffer[] | undefined;
	#partBytes = 0;

	/** `mostBytes`: of one message. */
	constructor(mostBytes: number) {
		this.#mostBytes = mostBytes;
	}

	/** The messages that these bytes complete. Throws `BrokenSocket`. */
	push(bytes: Buffer): readonly SocketMessage[] {
		this.#chunks.push(bytes);
		this.#held += bytes.length;
		const messages: SocketMessage[] = [];
		for (let head = this.#head(); head !== undefined && this.#held >= head.start + head.length; head = this.#head()) {
			const data = this.#take(head.start + head.length).subarray(head.start);
			const message = this.#read(head, data);
			if (message !== undefined) {
				messages.push(message);
			}
		}

		return messages;
	}

	/** Where the data of the first frame begins and how long it is; undefined where its head is not there as a whole. */
	#head(): FrameHead | undefined {
		const bytes = this.#peek(10);
		const [first, second] = bytes;
		if (first === undefined || second === undefined) {
			return undefined;
		}

		if ((first & 0x70) !== 0 || (second & 0x80) !== 0) {
			throw new BrokenSocket('a frame of a kind that nobody asked for');
		}

		const short = second & 0x7f;
		const start = 2 + (short === 126 ? 2 : short === 127 ? 8 : 0);
		if (bytes.length < start) {
			return undefined;
		}

		const length = short === 126 ? bytes.readUInt16BE(2) : short === 127 ? Number(bytes.readBigUInt64BE(2)) : short;
		const isControl = (first & 0x08) !== 0;
		if (length + this.#partBytes > this.#mostBytes || (isControl && (length > 125 || (first & 0x80) === 0))) {
			throw new BrokenSocket(`a message of ${length + this.#partBytes} bytes`);
		}

		return {isFinal: (first & 0x80) !== 0, opcode: first & 0x0f, start, length};
	}

	#read({isFinal, opcode}: FrameHead, data: Buffer): SocketMessage | undefined {
		switch (opcode) {
			case opcodes.close:
				return {kind: 'close'};
			case opcodes.ping:
				return {kind: 'ping', data};
			case opcodes.pong:
				return {kind: 'pong'};
			case opcodes.text:
			case opcodes.binary:
			case opcodes.continuation:
				return this.#join(isFinal, opcode === opcodes.continuation, data);
			default:
				throw new BrokenSocket(`a frame of kind ${opcode}`);
		}
	}

	#join(isFinal: boolean, continues: boolean, data: Buffer): SocketMessage | undefined {
		if (continues === (this.#parts === undefined)) {
			throw new BrokenSocket('a message in pieces that do not belong together');
		}

		const parts = [...(this.#parts ?? []), data];
		this.#parts = isFinal ? undefined : parts;
		this.#partBytes = isFinal ? 0 : this.#partBytes + data.length;
		return isFinal ? {kind: 'data', data: parts.length === 1 ? data : Buffer.concat(parts)} : undefined;
	}

	/** The first bytes of what is held, at most so many. */
	#peek(count: number): Buffer {
		const [first] = this.#chunks;
		if (first === undefined || first.length >= count || this.#chunks.length === 1) {
			return first?.subarray(0, count) ?? Buffer.alloc(0);
		}

		return this.#joined().subarray(0, count);
	}

	#take(count: number): Buffer {
		const all = this.#joined();
		const rest = all.subarray(count);
		this.#chunks = rest.length === 0 ? [] : [rest];
		this.#held = rest.length;
		return all.subarray(0, count);
	}

	#joined(): Buffer {
		const [first] = this.#chunks;
		const all = first !== undefined && this.#chunks.length === 1 ? first : Buffer.concat(this.#chunks);
		this.#chunks = [all];
		return all;
	}
}

type FrameHead = {readonly isFinal: boolean; readonly opcode: number; readonly start: number; readonly length: number};
