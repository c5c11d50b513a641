import {known, knownJson, knownNumber, type Records, stateOf} from './answer-records.ts';
import type {ConfigFile} from './node-facts.ts';
import {isUnknown, type Known} from './unknown.ts';

/** The entries of the runtime's conf dirs. Unknown where one of them was not listed whole: the file that counts may be missing. */
export function configFilesOf(records: Records, confDirs: Known<readonly string[]>): Known<readonly ConfigFile[]> {
	const listed = new Map(records.of('confdir').map(([dir = '', state = '', leftOut = '']) => [dir, {state, leftOut}]));
	const wanted = isUnknown(confDirs) ? [...listed.keys()] : confDirs;
	for (const dir of wanted) {
		const found = listed.get(dir);
		if (found === undefined) {
			return {unknown: records.complete ? `${dir} was not looked into on the node` : "the node's answer was cut short"};
		}

		if (found.state === 'closed') {
			return {unknown: `${dir} cannot be read`};
		}

		if (found.leftOut !== '0') {
			return {unknown: `${dir} holds more than 64 configuration files`};
		}
	}

	const files = records.of('file').filter(([path = '']) => wanted.includes(path.slice(0, path.lastIndexOf('/'))));
	return [...new Map(files.map(fields => [fields[0], fileOf(fields)])).values()];
}

function fileOf([path = '', entry = '', mode, size, sha256, content]: readonly string[]): ConfigFile {
	return {
		path,
		entry: entry === 'file' || entry === 'symlink' || entry === 'directory' ? entry : 'other',
		mode: known(mode),
		size: knownNumber(size),
		sha256: known(sha256),
		...(stateOf(content) !== null && {content: knownJson(content)}),
	};
}
