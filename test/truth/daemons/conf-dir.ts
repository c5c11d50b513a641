import {chmodSync, copyFileSync, mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync} from 'node:fs';
import {type Case, type Plugins, pluginsAfter, pluginsOf, type Step} from './cases.ts';
import {confDir, defaultBinDir, programs} from './places.ts';

const elsewhere = '/etc/cni/elsewhere';

/** The conf dir and the bin dir of a case as they are before the daemon starts. */
export function layOut(given: Case): void {
	mkdirSync(confDir, {recursive: true});
	mkdirSync(elsewhere, {recursive: true});
	mkdirSync(binDirOf(given), {recursive: true});
	for (const [name, text] of Object.entries(given.files)) {
		lay(name, text);
	}

	putPlugins(given, {}, pluginsOf(given));
}

/** A name that ends in a slash is a directory; one that ends in -> a link, to a file elsewhere or, where the text is empty, to none. */
function lay(name: string, text: string): void {
	if (name.endsWith('/')) {
		mkdirSync(`${confDir}/${name}`, {recursive: true});
	} else if (name.endsWith('->')) {
		const link = name.slice(0, -2);
		symlinkSync(`${elsewhere}/${link}`, `${confDir}/${link}`);
		if (text !== '') {
			writeFileSync(`${elsewhere}/${link}`, text);
		}
	} else {
		writeFileSync(`${confDir}/${name}`, text);
	}
}

/** Where the plugins are put: the last of the daemon's bin dirs. */
export function binDirOf({settings = {}}: Case): string {
	return settings.binDir ?? settings.binDirs?.at(-1) ?? defaultBinDir;
}

/** Does to conf dir and bin dir what a step says; the plugins as they are after it. */
export function change(given: Case, plugins: Plugins, step: Step): Plugins {
	switch (step.do) {
		case 'write': {
			writeFileSync(`${confDir}/${step.file}`, step.text);
			break;
		}

		case 'swap': {
			writeFileSync(`${confDir}/.${step.file}.new`, step.text);
			renameSync(`${confDir}/.${step.file}.new`, `${confDir}/${step.file}`);
			break;
		}

		case 'move-in': {
			writeFileSync(`${elsewhere}/${step.file}`, step.text);
			renameSync(`${elsewhere}/${step.file}`, `${confDir}/${step.file}`);
			break;
		}

		case 'remove': {
			rmSync(`${confDir}/${step.file}`);
			break;
		}

		case 'chmod': {
			chmodSync(`${confDir}/${step.file}`, step.mode);
			break;
		}

		default: {
			putPlugins(given, plugins, pluginsAfter(plugins, step));
		}
	}

	return pluginsAfter(plugins, step);
}

/** Only what changes is touched. Each plugin is renamed into place. */
function putPlugins(given: Case, before: Plugins, after: Plugins): void {
	const dir = binDirOf(given);
	for (const type of Object.keys(before).filter(type => after[type] === undefined)) {
		rmSync(`${dir}/${type}`);
	}

	for (const [type, release] of Object.entries(after).filter(([type, release]) => before[type] !== release)) {
		const made = `${dir}/.${type}.new`;
		if (release === 'script') {
			writeFileSync(made, given.scripts?.[type] ?? '');
		} else {
			copyFileSync(`${programs}/plugins-${release}/${type}`, made);
		}

		chmodSync(made, 0o755);
		renameSync(made, `${dir}/${type}`);
	}
}
