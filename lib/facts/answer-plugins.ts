import {parseVersionAnswer} from '../cni/version-answer.ts';
import {known, knownJson, type Records, stateOf} from './answer-records.ts';
import type {PluginFacts} from './node-facts.ts';
import {isUnknown, type Known, type Unknown} from './unknown.ts';

/** Every plugin that a config of the node names, and loopback. */
export function pluginsOf(records: Records, binDirs: Known<readonly string[]>): Known<readonly PluginFacts[]> {
	if (!records.complete) {
		return {unknown: "the node's answer was cut short"};
	}

	const states = new Map(records.of('bindir').map(([dir = '', state = '']) => [dir, state]));
	const isSearched = (dir: string) => states.has(dir) && states.get(dir) !== 'closed';
	const wanted = new Map(records.of('wanted').map(([type = '', state = '']) => [type, state]));
	return [...wanted].map(([type, state]) => {
		if (state !== 'searched') {
			return nowhere(type, {unknown: 'no file is looked for under such a name'}, []);
		}

		const found = records.of('binary').filter(fields => fields[0] === type);
		const paths = [...found, ...records.of('seen').filter(fields => fields[0] === type)].map(fields => fields[1] ?? '');
		if (isUnknown(binDirs)) {
			return nowhere(type, binDirs, paths);
		}

		const elsewhere = paths.filter(other => !binDirs.includes(other.slice(0, other.lastIndexOf('/'))));
		const dir = binDirs.find(dir => !isSearched(dir) || paths.includes(`${dir}/${type}`));
		const binary = found.find(fields => fields[1] === `${dir}/${type}`);
		if (dir !== undefined && !isSearched(dir)) {
			return nowhere(type, {unknown: `${dir} ${states.has(dir) ? 'cannot be read' : 'was not searched on the node'}`}, elsewhere);
		}

		if (binary === undefined) {
			return nowhere(type, null, elsewhere);
		}

		return pluginAt(binary, elsewhere, records);
	});
}

function nowhere(type: string, path: Known<null>, elsewhere: readonly string[]): PluginFacts {
	const unknown: Unknown = path ?? {unknown: 'no such file is in the directories where the runtime looks'};
	return {
		type,
		path,
		elsewhere,
		kind: unknown,
		executable: unknown,
		sha256: unknown,
		supportedVersions: unknown,
		release: unknown,
		package: unknown,
	};
}

function pluginAt(binary: readonly string[], elsewhere: readonly string[], records: Records): PluginFacts {
	const [type = '', path = '', kindField = '', executable, sha256, packageField] = binary;
	const kind = kindOf(kindField);
	const owner = stateOf(packageField);
	return {
		type,
		path,
		elsewhere,
		kind,
		executable: executable === 'yes',
		sha256: known(sha256),
		supportedVersions: notAsked(kind, executable === 'yes') ?? supportedVersionsOf(records.at('answer', path)),
		release: notAsked(kind, executable === 'yes') ?? releaseOf(records.at('about', path)),
		package: owner === null ? null : known(packageField),
	};
}

function kindOf(field: string): PluginFacts['kind'] {
	if (field === 'closed') {
		return {unknown: 'it cannot be read'};
	}

	return field === 'elf' || field === 'foreign-elf' || field === 'script' ? field : 'other';
}

/** Why a file was not run, by what it is. */
const unasked: Readonly<Record<string, Unknown>> = {
	script: {unknown: 'it is a script, and scripts are not run'},
	'foreign-elf': {unknown: 'it is a program for another machine'},
	other: {unknown: 'it is no program that this machine can run'},
};

function notAsked(kind: PluginFacts['kind'], executable: boolean): Unknown | undefined {
	if (isUnknown(kind)) {
		return kind;
	}

	return unasked[kind] ?? (executable ? undefined : {unknown: 'it is not executable'});
}

function supportedVersionsOf(answer: readonly string[] | undefined): Known<readonly string[]> {
	if (answer === undefined) {
		return {unknown: 'it was not asked'};
	}

	const [status = '', field] = answer;
	const result = knownJson(field);
	if ('json' in result) {
		return parseVersionAnswer(result.json);
	}

	if (status === '124' || status === '137') {
		return {unknown: 'it did not answer to VERSION within 5 seconds'};
	}

	return {
		unknown:
			'unknown' in result ? result.unknown : `its answer to VERSION, exit status ${status}, is not valid JSON: ${result.invalid}`,
	};
}

/** `CNI bridge plugin v1.1.1`, from plugins 0.8.0 on (pkg/utils/buildversion); distributions' own builds say `version unknown`. */
function releaseOf(about: readonly string[] | undefined): Known<string> {
	if (about === undefined) {
		return {unknown: 'only reference plugins are asked for their release'};
	}

	const text = known(about[0]);
	return isUnknown(text)
		? text
		: (/^CNI .{1,64} plugin (v\d[\w.+~-]{0,40})$/.exec(text)?.[1] ?? {unknown: 'it does not know its own release'});
}
