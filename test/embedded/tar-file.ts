/** One entry of an archive; nothing about it is checked, so that archives can be made which nobody should unpack. */
export type TarEntry = {
	readonly name: string;
	readonly kind?: 'file' | 'directory' | 'symlink' | 'hardlink' | 'device' | 'fifo';
	readonly content?: string | Buffer;
	readonly mode?: number;
	readonly target?: string;
};

const types = {file: '0', hardlink: '1', symlink: '2', device: '3', directory: '5', fifo: '6'} as const;

/** A tar archive (ustar) with fixed times and owners. Names of up to 100 bytes. */
export function tarOf(entries: readonly TarEntry[]): Buffer {
	const blocks = entries.flatMap(entry => {
		const content = Buffer.from((entry.content ?? '') as string);
		return [header(entry, content.length), content, Buffer.alloc((512 - (content.length % 512)) % 512)];
	});
	return Buffer.concat([...blocks, Buffer.alloc(1024)]);
}

function header({name, kind = 'file', mode = 0o755, target = ''}: TarEntry, size: number): Buffer {
	const block = Buffer.alloc(512);
	block.write(name, 0, 100);
	octal(block, mode, 100, 8);
	octal(block, 0, 108, 8);
	octal(block, 0, 116, 8);
	octal(block, size, 124, 12);
	octal(block, 1_700_000_000, 136, 12);
	block.write(types[kind], 156);
	block.write(target, 157, 100);
	block.write('ustar\x0000', 257);
	block.write('root', 265);
	block.write('root', 297);
	octal(block, kind === 'device' ? 1 : 0, 329, 8);
	octal(block, kind === 'device' ? 3 : 0, 337, 8);
	block.fill(' ', 148, 156);
	const sum = block.reduce((total, byte) => total + byte, 0);
	block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
	return block;
}

function octal(block: Buffer, value: number, at: number, length: number): void {
	block.write(`${value.toString(8).padStart(length - 1, '0')}\0`, at);
}
