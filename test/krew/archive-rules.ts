import {gunzipSync} from 'node:zlib';
import {unpackTar} from 'modern-tar';

/**
What krew, or the checks of its index, would say against an archive; nothing where it installs (kubernetes-sigs/krew:
internal/download/downloader.go; krew-index: .github/workflows/ci.yml).
*/
export async function archiveComplaints(archive: Uint8Array, bin: string): Promise<readonly string[]> {
	if (archive[0] !== 0x1f || archive[1] !== 0x8b) {
		return ['no gzip'];
	}

	const entries = (await unpackTar(gunzipSync(archive), {strict: true})).map(({header}) => header);
	const complaints = entries.flatMap(({name, type = 'file'}) => [
		...(type === 'file' || type === 'directory' ? [] : [`${name} is a ${type}`]),
		...(name.includes('..') ? [`${name} holds ..`] : []),
		...(name.startsWith('/') ? [`${name} is absolute`] : []),
	]);
	const executable = entries.find(({name}) => name === bin);
	if (executable === undefined) {
		complaints.push(`no ${bin}`);
	} else if ((executable.mode ?? 0) !== 0o755) {
		complaints.push(`${bin} has mode ${executable.mode?.toString(8)}`);
	}

	if (!entries.some(({name, type}) => type === 'file' && /^(licen[cs]es?|copying)(\.(txt|md))?$/i.test(name))) {
		complaints.push('no LICENSE');
	}

	return complaints;
}
