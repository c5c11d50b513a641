/** What kind of program a file is, by its first bytes. */
export type Machine =
	/** `arch` as Kubernetes and Go write it; undefined where the table does not have the machine. */
	| {readonly format: 'elf'; readonly arch: string | undefined; readonly runs: boolean}
	/** A program for Windows. */
	| {readonly format: 'pe'}
	| {readonly format: 'script'}
	| {readonly format: 'other'};

/** Reads the ELF header, `MZ` of Windows and `#!` of scripts. */
export function machineOf(head: Uint8Array): Machine {
	if (startsWith(head, [0x7f, 0x45, 0x4c, 0x46]) && head.length >= 20) {
		return elf(head);
	}

	if (startsWith(head, [0x4d, 0x5a])) {
		return {format: 'pe'};
	}

	return {format: startsWith(head, [0x23, 0x21]) ? 'script' : 'other'};
}

/** EI_CLASS, EI_DATA and e_machine by the architecture's name in Go (elf.h; go/src/cmd/link). */
const machines: readonly (readonly [bits: 32 | 64, order: 'little' | 'big', machine: number, arch: string])[] = [
	[64, 'little', 62, 'amd64'],
	[64, 'little', 183, 'arm64'],
	[32, 'little', 40, 'arm'],
	[32, 'little', 3, '386'],
	[64, 'little', 21, 'ppc64le'],
	[64, 'big', 22, 's390x'],
	[64, 'little', 243, 'riscv64'],
	[64, 'little', 8, 'mips64le'],
	[64, 'little', 258, 'loong64'],
];

function elf(head: Uint8Array): Machine {
	const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
	const isLittle = head[5] === 1;
	const [bits, order] = [head[4] === 2 ? 64 : 32, isLittle ? 'little' : 'big'];
	const type = view.getUint16(16, isLittle);
	const machine = view.getUint16(18, isLittle);
	const row = machines.find(([b, o, m]) => b === bits && o === order && m === machine);
	// ET_EXEC or ET_DYN: an object file or a core dump does not run.
	return {format: 'elf', arch: row?.[3], runs: type === 2 || type === 3};
}

function startsWith(bytes: Uint8Array, magic: readonly number[]): boolean {
	return magic.every((byte, index) => bytes[index] === byte);
}
