import {readdir, readFile} from 'node:fs/promises';
import {join} from 'node:path';

/**
The licenses of the packages whose code is in the built file, as they ask for: each package's name, version and license text. `inputs` are
the paths of the build, relative to `root`. Throws where a package says nothing of its license.
*/
export async function noticesFor(inputs: readonly string[], root: string): Promise<string> {
	const packages = new Set(inputs.flatMap(path => /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1] ?? []));
	const notices = await Promise.all([...packages].sort().map(async path => noticeOf(join(root, path))));
	return `${['The executable contains code of these packages.', ...new Set(notices)].join(`\n\n${'-'.repeat(80)}\n`)}\n`;
}

async function noticeOf(directory: string): Promise<string> {
	const {name, version, license} = JSON.parse(await readFile(join(directory, 'package.json'), 'utf8')) as {
		readonly name: string;
		readonly version: string;
		readonly license?: string;
	};
	const file = (await readdir(directory)).sort().find(entry => /^(licen[cs]e|copying)(\.|-|$)/i.test(entry));
	if (file === undefined && license === undefined) {
		throw new Error(`node_modules/${name}: no license file, and no license in its package.json`);
	}

	const text = file === undefined ? '' : `\n\n${(await readFile(join(directory, file), 'utf8')).trim()}`;
	return `${name} ${version}${license === undefined ? '' : ` (${license})`}${text}`;
}
