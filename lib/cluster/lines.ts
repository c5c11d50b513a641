import {Buffer} from 'node:buffer';

/** A line was longer than its reader takes. */
class LineTooLong extends Error {}

const newline = 0x0a;

/** Splits bytes into lines of UTF-8 without their newline. A last line without one is a line too. */
export async function* splitLines(chunks: AsyncIterable<Buffer>, maxBytes: number): AsyncGenerator<string, void, undefined> {
	let parts: Buffer[] = [];
	let held = 0;
	const hold = (part: Buffer) => {
		held += part.length;
		if (held > maxBytes) {
			throw new LineTooLong(`a line of the answer is longer than ${maxBytes} bytes`);
		}

		parts.push(part);
	};

	const take = (): string => {
		const line = (parts.length === 1 ? parts[0] : Buffer.concat(parts))?.toString() ?? '';
		parts = [];
		held = 0;
		return line;
	};

	for await (const chunk of chunks) {
		let from = 0;
		for (let end = chunk.indexOf(newline); end !== -1; end = chunk.indexOf(newline, from)) {
			hold(chunk.subarray(from, end));
			yield take();
			from = end + 1;
		}

		if (from < chunk.length) {
			hold(chunk.subarray(from));
		}
	}

	if (held > 0) {
		yield take();
	}
}
