import {open} from 'node:fs/promises';

export type FileKind = 'elf' | 'foreign-elf' | 'script' | 'other';

/**
What a file is by its first bytes. `elf` means: class, byte order, machine and type are such that this kernel runs it. Anything else
must not be executed: `execvp` hands a file that the kernel rejects to the shell.
*/
export async function fileKind(path: string): Promise<FileKind> {
	const [head, own] = await Promise.all([readHead(path), readHead(process.execPath)]);
	if (head.subarray(0, 2).toString('latin1') === '#!') {
		return 'script';
	}

	if (head.length < 20 || head.readUInt32BE(0) !== 0x7f_45_4c_46) {
		return 'other';
	}

	const isLittle = head[5] === 1;
	const type = isLittle ? head.readUInt16LE(16) : head.readUInt16BE(16);
	// EI_CLASS, EI_DATA and e_machine as our own executable has them; ET_EXEC or ET_DYN. Elsewhere than on Linux ours is no ELF.
	const isOurs = head.subarray(4, 6).equals(own.subarray(4, 6)) && head.subarray(18, 20).equals(own.subarray(18, 20));
	return isOurs && own.readUInt32BE(0) === 0x7f_45_4c_46 && (type === 2 || type === 3) ? 'elf' : 'foreign-elf';
}

async function readHead(path: string): Promise<Buffer> {
	const file = await open(path, 'r');
	try {
		const {buffer, bytesRead} = await file.read(Buffer.alloc(20), 0, 20, 0);
		return buffer.subarray(0, bytesRead);
	} finally {
		await file.close();
	}
}
