const polynomial = 0x04_c1_1d_b7;

const table = Uint32Array.from({length: 256}, (_, index) => {
	let remainder = index << 24;
	for (let bit = 0; bit < 8; bit++) {
		remainder = remainder < 0 ? (remainder << 1) ^ polynomial : remainder << 1;
	}

	return remainder >>> 0;
});

/** What POSIX `cksum` prints first: CRC-32 with the most significant bit first, over the bytes and then their count. */
export function checksum(bytes: Uint8Array): number {
	let crc = 0;
	for (const byte of bytes) {
		crc = step(crc, byte);
	}

	for (let length = bytes.length; length > 0; length = Math.floor(length / 256)) {
		crc = step(crc, length % 256);
	}

	return ~crc >>> 0;
}

function step(crc: number, byte: number): number {
	return ((crc << 8) ^ (table[(crc >>> 24) ^ byte] ?? 0)) >>> 0;
}
