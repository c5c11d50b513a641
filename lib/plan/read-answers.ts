import type {Known} from '../facts/unknown.ts';
import type {ConfigEdit, HostFacts, PackageFacts, PackageManager} from './node-answers.ts';

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

/**
What a node says of itself beside its facts, by records of one value each, `none` where there is nothing: `systemd yes|no`, `crictl PATH|none`,
`endpoint unix://PATH`, `binary DIR NAME SHA256` (every regular file of the bin dirs, ended by `binaries whole`), `cached VERSION` (each once,
ended by `cached-results whole`), `runtime-config VERSION SHA256` or `runtime-config none`.
@public
*/
export function readHost(records: readonly NodeRecord[]): HostFacts {
	const of = (key: string) => records.filter(record => record[0] === key).map(record => record.slice(1));
	const one = (key: string) => of(key)[0]?.[0];
	const silent = (what: string) => ({unknown: records.find(([key]) => key === 'result')?.[2] ?? `the node did not say ${what}`});
	const crictl = one('crictl');
	const systemd = one('systemd');
	const endpoint = one('endpoint');
	const [form, sha256 = ''] = of('runtime-config')[0] ?? [];
	return {
		systemd: systemd === 'yes' || systemd === 'no' ? systemd === 'yes' : silent('whether it runs systemd'),
		crictl: crictl === undefined ? silent('where crictl is') : crictl === 'none' ? null : crictl,
		...(endpoint?.startsWith('unix:///') && {endpoint}),
		...(one('binaries') === 'whole' && {
			binaries: of('binary').flatMap(([dir = '', name = '', sum = '']) => (isSha256(sum) ? [{dir, name, sha256: sum}] : [])),
		}),
		...(one('cached-results') !== undefined && {cachedVersions: cachedIn(of('cached'), one('cached-results'))}),
		...(form === 'none' && {runtimeConfig: null}),
		...(form !== undefined && /^[1-9]$/.test(form) && isSha256(sha256) && {runtimeConfig: {version: Number(form), sha256}}),
	};
}

function cachedIn(records: readonly NodeRecord[], end: string | undefined): Known<readonly string[]> {
	return end === 'whole'
		? [...new Set(records.map(([version = '']) => version))]
		: {unknown: 'the results that are cached on the node could not all be read'};
}

function isManager(text: string): text is PackageManager {
	return text === 'apt' || text === 'dnf' || text === 'zypper';
}

function isSha256(text: string): boolean {
	return /^[0-9a-f]{64}$/.test(text);
}
