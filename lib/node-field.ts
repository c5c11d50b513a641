const utf8 = new TextDecoder('utf-8', {ignoreBOM: true});

/**
A field of a line that a node script wrote, decoded: `%` alone is the empty one, each %XX is a byte. Bytes that are no UTF-8 come out as
U+FFFD, as they do where a runtime reads them; a `%` with no two hexadecimal digits after it stays. Never throws.
*/
export function decodeField(field: string): string {
	return field === '%' ? '' : field.replace(/(?:%[0-9A-Fa-f]{2})+/g, escaped => utf8.decode(bytesOf(escaped)));
}

function bytesOf(escaped: string): Uint8Array {
	return Uint8Array.from({length: escaped.length / 3}, (_, index) =>
		Number.parseInt(escaped.slice(index * 3 + 1, index * 3 + 3), 16),
	);
}
