/** What a simulated plugin answers. */
export type PluginAnswer = {
	/** Standard output to CNI_COMMAND=VERSION; a list stands for the usual answer with these versions. */
	readonly version?: readonly string[] | string;
	readonly versionExit?: number;
	/** Standard error without CNI_COMMAND, such as `CNI bridge plugin v1.1.1`. */
	readonly about?: string;
	/** It never answers. */
	readonly hangs?: boolean;
};

/** Machines that a program can be made for; the number is the ELF header's e_machine. */
const machines: Readonly<Record<string, {readonly number: number; readonly code: string}>> = {
	/*
	_start: cmp qword [hangs], 0; jne hang; rbx = envp; next: each string that begins with "CNI_COMMAND=": is "VERS" next?
	yes: write(1, version); exit(versionExit); no: execve of what stands after "STAND_IN_PLUGIN=", with the plugin's path, or exit 99. No such string: write(2, about); exit(aboutExit). hang: pause() for ever.
	Made by the GNU assembler from that; so is the next row.
	*/
	x64: {
		number: 62,
		code: `48833c25a8004000000f8585000000488b0c24488d5ccc10488b034883c3084885c0744648b9434e495f434f4d4d48390875e5817808414e443d75dc81780c56
4552537558bf01000000488b342578004000488b142580004000b8010000000f058b3c2588004000eb23bf02000000488b342590004000488b142598004000b8
010000000f058b3c25a0004000b83c0000000f05b8220000000f05ebf7488b0c24488d54cc104889d3bf6300000048b95354414e445f494e49b85f504c554749
4e3d488b034883c3084885c074bf48390875ef4c39400875e9488d7810488b4424086a0050574889e6b83b0000000f05bf63000000eb96`,
	},
	arm64: {
		number: 183,
		code: `0908a0d22a5540f94a0400b5e10340f9e26f218b42400091eb0302aae30700588407001885070018468440f8260200b4c70040f9ff0003eb81ffff54c70840b9
ff00046b21ffff54c70c40b9ff00056b01030054200080d2213d40f9224140f9080880d2010000d4204540f907000014400080d2214940f9224d40f9080880d2
010000d4205140f9a80b80d2010000d4000080d2010080d2020080d2030080d2040080d2280980d2010000d4f9ffff17e2030baa6303005884030058600c80d2
468440f826feffb4c70040f9ff0003eb81ffff54c70440f9ff0004eb21ffff54c0400091e70740f9ff8300d1e00300f9e70700f9ff0b00f9e1030091e2030baa
a81b80d2010000d4600c80d2dfffff17414e443d56455253434e495f434f4d4d5354414e445f494e5f504c5547494e3d`,
	},
};

/** The machine that a simulated node is of: this one, so that its plugins really run where this is Linux. */
export const nodeMachine = process.arch === 'arm64' ? 'arm64' : 'x64';

/** As Kubernetes writes it. */
export const nodeArchitecture = nodeMachine === 'arm64' ? 'arm64' : 'amd64';

const base = 0x40_00_00;
const headersSize = 64 + 56;
const parametersSize = 7 * 8;
const codeAt = headersSize + parametersSize;

/**
A plugin as an ELF program of a few hundred bytes that answers as it is told; any other CNI_COMMAND than VERSION is its
machine's to answer, or makes it exit with 99 where it is on none. Its last lines hold the answer as text too, for the stand-in `timeout` to interpret where ELF programs cannot run.
*/
export function simulatedPlugin(answer: PluginAnswer, machine: string = nodeMachine): Buffer {
	const row = machines[machine];
	if (row === undefined) {
		throw new Error(`no machine code for ${machine}`);
	}

	const code = Buffer.from(row.code.replaceAll('\n', ''), 'hex');
	const version = Buffer.from(typeof answer.version === 'string' ? answer.version : versionAnswer(answer.version ?? []));
	const about = Buffer.from(answer.about === undefined ? '' : `${answer.about}\n`);
	const versionAt = codeAt + code.length;
	const aboutAt = versionAt + version.length;
	const text = Buffer.from(
		`\nstand-in-exit ${answer.versionExit ?? 0}\nstand-in-hangs ${answer.hangs === true ? 1 : 0}\nstand-in-version ${version.toString().trimEnd()}\nstand-in-about ${about.toString().trimEnd()}\n`,
	);
	const parameters = [
		base + versionAt,
		version.length,
		answer.versionExit ?? 0,
		base + aboutAt,
		about.length,
		0,
		answer.hangs === true ? 1 : 0,
	];
	const size = aboutAt + about.length + text.length;
	return Buffer.concat([headers(row.number, size), words(parameters), code, version, about, text]);
}

/** The head of a program for another machine, which cannot run here: what a plugin of the wrong architecture looks like. */
export function foreignPlugin(): Buffer {
	return headers(nodeMachine === 'arm64' ? 62 : 183, headersSize);
}

/** The head of /bin/sh on a simulated node: enough to tell its class and machine. */
export function shellHead(): Buffer {
	return headers(machines[nodeMachine]?.number ?? 0, headersSize);
}

/** As skel writes it: the version of the plugin's own library is the last. */
export function versionAnswer(versions: readonly string[]): string {
	return `${JSON.stringify({cniVersion: versions.at(-1), supportedVersions: versions})}\n`;
}

/** A 64-bit little-endian executable with one segment that is the whole file. */
function headers(machine: number, size: number): Buffer {
	const bytes = Buffer.alloc(headersSize);
	bytes.write('\x7fELF\x02\x01\x01', 0, 'latin1');
	bytes.writeUInt16LE(2, 16);
	bytes.writeUInt16LE(machine, 18);
	bytes.writeUInt32LE(1, 20);
	bytes.writeBigUInt64LE(BigInt(base + codeAt), 24);
	bytes.writeBigUInt64LE(64n, 32);
	bytes.writeUInt16LE(64, 52);
	bytes.writeUInt16LE(56, 54);
	bytes.writeUInt16LE(1, 56);
	// The segment: PT_LOAD, readable and executable, file offset 0.
	bytes.writeUInt32LE(1, 64);
	bytes.writeUInt32LE(5, 68);
	bytes.writeBigUInt64LE(BigInt(base), 80);
	bytes.writeBigUInt64LE(BigInt(base), 88);
	bytes.writeBigUInt64LE(BigInt(size), 96);
	bytes.writeBigUInt64LE(BigInt(size), 104);
	bytes.writeBigUInt64LE(0x1_00_00n, 112);
	return bytes;
}

function words(values: readonly number[]): Buffer {
	const bytes = Buffer.alloc(values.length * 8);
	for (const [index, value] of values.entries()) {
		bytes.writeBigUInt64LE(BigInt(value), index * 8);
	}

	return bytes;
}
