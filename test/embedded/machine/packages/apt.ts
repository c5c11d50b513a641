import {writeFileSync} from 'node:fs';
import {join} from 'node:path';
import type {Answer, Program} from '../requests.ts';
import {type DpkgParts, install} from './dpkg.ts';
import {type Package, packageFile, readPackage} from './package.ts';

export type AptParts = DpkgParts & {
	/** What its repositories have. */
	readonly repository: readonly Package[];
};

/** apt-get, apt-cache and apt-mark of Debian 12, by the name under which it is called. */
export function apt(parts: AptParts): Program {
	return async (words, name, directory) => {
		const [flags, [verb = '', ...operands]] = sort(words);
		switch (`${name} ${verb}`) {
			case 'apt-cache madison':
				return {
					code: 0,
					out: operands
						.flatMap(operand =>
							versionsOf(parts, operand).map(
								version => ` ${operand} | ${version} | http://deb.example bookworm/main amd64 Packages\n`,
							),
						)
						.join(''),
				};
			case 'apt-mark hold':
			case 'apt-mark unhold':
				return mark(parts, verb, operands);
			case 'apt-mark showhold':
				return {
					code: 0,
					out: parts.database
						.all()
						.filter(({wanted}) => wanted === 'hold')
						.map(({name}) => `${name}\n`)
						.join(''),
				};
			case 'apt-get update':
				return {code: 0};
			case 'apt-get download':
				return download(parts, operands, directory);
			case 'apt-get install':
				return await installAll(parts, operands, flags.has('-s') || flags.has('--simulate') || flags.has('--dry-run'), directory);
			default:
				return {code: 100, err: `E: Invalid operation ${verb}\n`};
		}
	};
}

function versionsOf({repository}: AptParts, name: string): readonly string[] {
	return repository
		.filter(one => one.name === name)
		.map(({version}) => version)
		.sort((a, b) => b.localeCompare(a, 'en', {numeric: true}));
}

function find(parts: AptParts, operand: string): Package | string {
	if (operand.startsWith('/') || operand.startsWith('.')) {
		return readPackage(operand) ?? `E: Unsupported file ${operand} given on commandline\n`;
	}

	const [name = '', version = versionsOf(parts, operand)[0]] = operand.split('=');
	if (!parts.repository.some(one => one.name === name)) {
		return `E: Unable to locate package ${name}\n`;
	}

	return (
		parts.repository.find(one => one.name === name && one.version === version) ??
		`E: Version '${version}' for '${name}' was not found\n`
	);
}

function download(parts: AptParts, operands: readonly string[], directory: string): Answer {
	for (const operand of operands) {
		const one = find(parts, operand);
		if (typeof one === 'string') {
			return {code: 100, err: one};
		}

		writeFileSync(join(directory, `${one.name}_${one.version.replace(':', '%3a')}_amd64.deb`), packageFile(one));
	}

	return {code: 0};
}

async function installAll(
	parts: AptParts,
	operands: readonly string[],
	isSimulated: boolean,
	directory: string,
): Promise<Answer> {
	const named = operands.map(operand => find(parts, operand));
	const wrong = named.find(one => typeof one === 'string');
	if (wrong !== undefined) {
		return {code: 100, err: wrong};
	}

	const locked = parts.locked();
	if (locked !== undefined && !isSimulated) {
		return {
			code: 100,
			err: `E: Could not get lock /var/lib/dpkg/lock-frontend. It is held by ${locked}\nE: Unable to acquire the dpkg frontend lock (/var/lib/dpkg/lock-frontend), is another process using it?\n`,
		};
	}

	const all = withDependencies(parts, named as readonly Package[]);
	if (typeof all === 'string') {
		return {code: 100, out: preface, err: all};
	}

	const changed = all.filter(({name, version}) => parts.database.get(name)?.version !== version);
	if (isSimulated) {
		const lines = changed.map(({name, version}) => {
			const before = parts.database.get(name);
			return `Inst ${name} ${before === undefined ? '' : `[${before.version}] `}(${version} Debian:12/stable [amd64])\n`;
		});
		return {
			code: 0,
			out: `${preface}${lines.join('')}${changed.map(({name, version}) => `Conf ${name} (${version} Debian:12/stable [amd64])\n`).join('')}`,
		};
	}

	download(
		parts,
		changed.map(({name, version}) => `${name}=${version}`),
		directory,
	);
	return await install(
		parts,
		changed.map(({name, version}) => join(directory, `${name}_${version.replace(':', '%3a')}_amd64.deb`)),
	);
}

const preface = 'Reading package lists...\nBuilding dependency tree...\nReading state information...\n';

function withDependencies(parts: AptParts, named: readonly Package[]): readonly Package[] | string {
	const all = [...named];
	for (let at = 0; at < all.length; at += 1) {
		for (const [name, least] of Object.entries(all[at]?.depends ?? {})) {
			const has = all.find(one => one.name === name)?.version ?? parts.database.get(name)?.version;
			const isMet = has !== undefined && has.localeCompare(least, 'en', {numeric: true}) >= 0;
			const candidate = find(parts, name);
			if (!isMet && (typeof candidate === 'string' || all.some(one => one.name === name))) {
				return `The following packages have unmet dependencies:\n ${all[at]?.name} : Depends: ${name} (>= ${least})\nE: Unable to correct problems, you have held broken packages.\n`;
			}

			if (!isMet && typeof candidate !== 'string') {
				// Before the one that needs it.
				all.splice(at, 0, candidate);
			}
		}
	}

	return all;
}

function mark({database}: AptParts, verb: string, names: readonly string[]): Answer {
	let out = '';
	for (const name of names) {
		const entry = database.get(name);
		if (entry === undefined) {
			return {code: 100, out, err: `E: Unable to locate package ${name}\n`};
		}

		database.set({...entry, wanted: verb === 'hold' ? 'hold' : 'install'});
		out += verb === 'hold' ? `${name} set on hold.\n` : `Canceled hold on ${name}.\n`;
	}

	return {code: 0, out};
}

function sort(words: readonly string[]): readonly [ReadonlySet<string>, readonly string[]] {
	const flags = new Set<string>();
	const rest: string[] = [];
	for (let at = 0; at < words.length; at += 1) {
		const word = words[at] ?? '';
		if (word === '-o' || word === '-t' || word === '-c') {
			at += 1;
		} else if (word.startsWith('-')) {
			flags.add(word);
		} else {
			rest.push(word);
		}
	}

	return [flags, rest];
}
