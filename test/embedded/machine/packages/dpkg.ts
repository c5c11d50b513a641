import {rmSync} from 'node:fs';
import {join} from 'node:path';
import type {Answer, Program} from '../requests.ts';
import type {Database, Installed} from './database.ts';
import {type Package, readPackage} from './package.ts';

export type DpkgParts = {
	readonly root: string;
	readonly database: Database;
	/** Why nothing may be changed now. */
	readonly locked: () => string | undefined;
	/** What the package manager fails with. */
	readonly fails: () => string | undefined;
	/** As a postinst does: daemon-reload, then the units. */
	readonly startUnits: (units: readonly string[]) => Promise<void>;
	/** Power is lost: what follows does not happen. */
	readonly isOff: () => boolean;
	/** The scripts of what is installed, by `NAME VERSION`. */
	readonly scripts: Map<string, Package>;
};

/** dpkg and dpkg-query of Debian 12. */
export function dpkg(parts: DpkgParts): Program {
	return async words => {
		const rest = words.filter(word => !word.startsWith('--force-') && word !== '--auto-deconfigure');
		const [verb = '', ...operands] = rest;
		switch (verb) {
			case '-S':
			case '--search':
				return search(parts, operands);
			case '-W':
			case '--show':
				return show(parts, operands);
			case '-L':
			case '--listfiles':
				return {
					code: 0,
					out: operands
						.flatMap(name => parts.database.filesOf(name))
						.map(path => `${path}\n`)
						.join(''),
				};
			case '--print-architecture':
				return {code: 0, out: 'amd64\n'};
			case '--audit':
			case '-C':
				return audit(parts);
			case '--set-selections':
				return select(parts, operands[0] ?? '');
			case '--get-selections':
				return {
					code: 0,
					out: parts.database
						.all()
						.map(({name, wanted}) => `${name}\t\t${wanted}\n`)
						.join(''),
				};
			default:
				return await change(parts, verb, operands);
		}
	};
}

async function change(parts: DpkgParts, verb: string, operands: readonly string[]): Promise<Answer> {
	const locked = parts.locked();
	if (locked !== undefined) {
		return {code: 2, err: `dpkg: error: dpkg frontend lock was locked by ${locked}\n`};
	}

	const failure = parts.fails();
	if (failure !== undefined) {
		return {code: 1, err: failure};
	}

	switch (verb) {
		case '-i':
		case '--install':
			return await install(parts, operands);
		case '--configure':
			return await configure(
				parts,
				parts.database
					.all()
					.filter(({state}) => state !== 'installed')
					.map(({name}) => name),
			);
		case '-r':
		case '--remove':
		case '-P':
		case '--purge':
			for (const name of operands) {
				for (const path of parts.database.filesOf(name)) {
					rmSync(join(parts.root, path), {force: true});
				}

				parts.database.forget(name);
			}

			return {code: 0};
		default:
			return {code: 2, err: `stand-in dpkg: no answer to ${verb}\n`};
	}
}

/** All are unpacked before the first is configured, with a moment between in which power may be lost. */
export async function install(parts: DpkgParts, paths: readonly string[]): Promise<Answer> {
	const packages = paths.map(path => readPackage(path));
	const broken = packages.indexOf(undefined);
	if (broken !== -1) {
		return {
			code: 1,
			err: `dpkg-deb: error: unexpected end of file in archive '${paths[broken]}'\ndpkg: error processing archive ${paths[broken]} (--install):\n`,
		};
	}

	let out = '';
	for (const one of packages as readonly Package[]) {
		const {name, version} = one;
		const before = parts.database.get(name);
		out += before === undefined ? `Selecting previously unselected package ${name}.\n` : '';
		out += `Unpacking ${name} (${version})${before === undefined ? '' : ` over (${before.version})`} ...\n`;
		parts.database.set({name, version, wanted: 'install', state: 'half-installed'});
		await moment();
		if (parts.isOff()) {
			return {code: 137};
		}

		parts.database.unpack(one);
		parts.scripts.set(`${name} ${version}`, one);
		parts.database.set({name, version, wanted: 'install', state: 'unpacked'});
	}

	await moment();
	const configured = await configure(
		parts,
		(packages as readonly Package[]).map(({name}) => name),
	);
	return {...configured, out: out + (configured.out ?? '')};
}

async function configure({database, scripts, startUnits, isOff}: DpkgParts, names: readonly string[]): Promise<Answer> {
	let out = '';
	for (const name of names) {
		const entry = database.get(name);
		if (entry === undefined || isOff()) {
			return {code: 1};
		}

		const {starts = [], fails} = scripts.get(`${name} ${entry.version}`) ?? {};
		out += `Setting up ${name} (${entry.version}) ...\n`;
		if (fails !== undefined) {
			database.set({...entry, state: 'half-configured'});
			return {
				code: 1,
				out,
				err: `${fails}\ndpkg: error processing package ${name} (--install):\n installed ${name} package post-installation script subprocess returned error exit status 1\nErrors were encountered while processing:\n ${name}\n`,
			};
		}

		await startUnits(starts);
		database.set({...entry, state: 'installed'});
	}

	return {code: 0, out};
}

function search({database}: DpkgParts, paths: readonly string[]): Answer {
	const answers = paths.filter(path => path !== '--').map(path => ({path, owner: database.ownerOf(path)}));
	return {
		code: answers.every(({owner}) => owner !== undefined) ? 0 : 1,
		out: answers.flatMap(({path, owner}) => (owner === undefined ? [] : [`${owner}: ${path}\n`])).join(''),
		err: answers
			.flatMap(({path, owner}) => (owner === undefined ? [`dpkg-query: no path found matching pattern ${path}\n`] : []))
			.join(''),
	};
}

function show({database}: DpkgParts, operands: readonly string[]): Answer {
	const words = [...operands];
	let format = ['$', '{binary:Package}\\t$', '{Version}\\n'].join('');
	if (/^(-f|--showformat)/.test(words[0] ?? '')) {
		const [flag = '', value] = (words.shift() ?? '').split(/=(.*)/s);
		format = value ?? (flag === '-f' ? (words.shift() ?? '') : flag.slice(2));
	}

	const names = words.filter(word => word !== '--');
	const found = names.map(name => ({name, entry: database.get(name)}));
	const fill = ({name, version, state, wanted}: Installed) => {
		const fields: Readonly<Record<string, string>> = {
			Package: name,
			'binary:Package': name,
			Version: version,
			Architecture: 'amd64',
			'db:Status-Status': state,
			'db:Status-Want': wanted,
			Status: `${wanted} ok ${state}`,
		};
		return format
			.replaceAll(/\$\{([\w:-]+)\}/g, (_, field: string) => fields[field] ?? '')
			.replaceAll('\\n', '\n')
			.replaceAll('\\t', '\t');
	};
	return {
		code: found.every(({entry}) => entry !== undefined) ? 0 : 1,
		out: found.flatMap(({entry}) => (entry === undefined ? [] : [fill(entry)])).join(''),
		err: found
			.flatMap(({name, entry}) => (entry === undefined ? [`dpkg-query: no packages found matching ${name}\n`] : []))
			.join(''),
	};
}

function audit({database}: DpkgParts): Answer {
	const bad = database.all().filter(({state}) => state !== 'installed');
	return {
		code: bad.length === 0 ? 0 : 1,
		out:
			bad.length === 0
				? ''
				: `The following packages are in a mess due to serious problems during\ninstallation.\n${bad.map(({name}) => ` ${name}\n`).join('')}`,
	};
}

function select({database}: DpkgParts, lines: string): Answer {
	for (const line of lines.split('\n')) {
		const [name = '', wanted] = line.trim().split(/\s+/);
		const entry = database.get(name);
		if (entry !== undefined && (wanted === 'hold' || wanted === 'install')) {
			database.set({...entry, wanted});
		}
	}

	return {code: 0};
}

async function moment(): Promise<void> {
	await new Promise(resolve => setTimeout(resolve, 2));
}
