import type {ConfigEdit, PackageFacts, PackageManager} from './node-answers.ts';

/** One record of an answer of act.sh, its fields decoded. */
type NodeRecord = readonly string[];

/**
The answer to `edit PATH VERSION`. A node that says nothing of it, or of another file, has refused.
@public
*/
export function readEdit(
	records: readonly NodeRecord[],
	{path, version}: {readonly path: string; readonly version: string},
): ConfigEdit {
	const [, at = '', oldSha256 = '', newSha256 = '', line = '', way = '', oldToken = '', newToken = '', indent = ''] =
		records.find(([key]) => key === 'edit') ?? [];
	const why = records.find(([key, state]) => key === 'result' && state !== 'ok')?.[2];
	const isWhole =
		at === path &&
		isSha256(oldSha256) &&
		isSha256(newSha256) &&
		/^[1-9]\d{0,6}$/.test(line) &&
		(way === 'replace' || way === 'insert');
	return why === undefined && isWhole
		? {path, version, oldSha256, newSha256, line: Number(line), way, oldToken, newToken, indent}
		: {path, version, refused: why ?? `file/${path}: the node did not say what would be changed; try again`};
}

/**
The answer to `packages WORD...`. What is no record of it is left out.
@public
*/
export function readPackages(records: readonly NodeRecord[]): PackageFacts {
	const of = (key: string) => records.filter(record => record[0] === key).map(record => record.slice(1));
	const failure = records.find(([key, state]) => key === 'result' && state !== 'ok')?.[2];
	return {
		packages: of('package').map(([name = '', installed = 'none', candidates = 'none', , held]) => ({
			name,
			installed: installed === 'none' ? null : installed,
			candidates: candidates === 'none' ? [] : candidates.split(','),
			held: held === 'yes',
		})),
		files: of('file').map(([staged = '', name = '', version = '']) => ({staged, name, version})),
		changes: of('change').flatMap(([manager = '', name = '', to = '', from = 'none']) =>
			isManager(manager) ? [{manager, name, to, from: from === 'none' ? null : from}] : [],
		),
		removes: of('remove').map(([, name = '', from = '']) => ({name, from})),
		problems: [...of('problem').map(([text = '']) => text), ...(failure === undefined ? [] : [failure])],
	};
}

function isManager(text: string): text is PackageManager {
	return text === 'apt' || text === 'dnf' || text === 'zypper';
}

function isSha256(text: string): boolean {
	return /^[0-9a-f]{64}$/.test(text);
}
