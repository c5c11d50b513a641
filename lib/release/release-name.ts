const release = String.raw`v\d{1,3}\.\d{1,3}\.\d{1,3}(?:-[a-z0-9.]{1,20})?`;

/** The release in a name such as `cni-plugins-linux-amd64-v1.6.2.tgz`, or `cni-plugins-amd64-v0.7.1.tgz` as it was before v0.8.0. */
export function releaseInName(name: string): string | undefined {
	return new RegExp(`^cni-plugins-(?:[a-z0-9]+-)?[a-z0-9]+-(${release})\\.tgz$`).exec(name)?.[1];
}

/** What Go writes into a program: the linker's flag by which the release is set, and the version of the main module. */
const marks: readonly {readonly before: string; readonly pattern: RegExp}[] = [
	{before: 'buildversion.BuildVersion=', pattern: new RegExp(`^buildversion\\.BuildVersion=(${release})(?![\\w.+-])`)},
	{
		before: 'mod\tgithub.com/containernetworking/plugins\t',
		pattern: new RegExp(`^mod\tgithub\\.com/containernetworking/plugins\t(${release})(?![\\w.+-])`),
	},
];

/** Characters that a mark and a release may take. */
const window = 128;

/** The release that a plugin names in itself; undefined where it was built without (`-trimpath` leaves the flags out). */
export function releaseInProgram(data: Uint8Array): string | undefined {
	const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
	for (const {before, pattern} of marks) {
		for (let at = bytes.indexOf(before); at !== -1; at = bytes.indexOf(before, at + 1)) {
			const found = pattern.exec(bytes.toString('latin1', at, at + window))?.[1];
			if (found !== undefined) {
				return found;
			}
		}
	}

	return undefined;
}
