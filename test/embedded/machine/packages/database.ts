import {chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync} from 'node:fs';
import {dirname, join} from 'node:path';
import type {Package} from './package.ts';

export type Installed = {
	readonly name: string;
	readonly version: string;
	readonly wanted: 'install' | 'hold';
	readonly state: 'installed' | 'unpacked' | 'half-configured' | 'half-installed';
};

const status = '/var/lib/dpkg/status';
const info = '/var/lib/dpkg/info';

/** dpkg's database of one machine, as files of its tree. */
export class Database {
	readonly #root: string;

	constructor(root: string) {
		this.#root = root;
	}

	all(): readonly Installed[] {
		const file = join(this.#root, status);
		return existsSync(file) ? readFileSync(file, 'utf8').split('\n\n').flatMap(paragraph) : [];
	}

	get(name: string): Installed | undefined {
		return this.all().find(entry => entry.name === name.replace(/:amd64$/, ''));
	}

	set(entry: Installed): void {
		this.#write([...this.all().filter(({name}) => name !== entry.name), entry]);
	}

	forget(name: string): void {
		this.#write(this.all().filter(entry => entry.name !== name));
		rmSync(join(this.#root, info, `${name}.list`), {force: true});
	}

	filesOf(name: string): readonly string[] {
		const file = join(this.#root, info, `${name}.list`);
		return existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n') : [];
	}

	ownerOf(path: string): string | undefined {
		return this.all().find(({name}) => this.filesOf(name).includes(path))?.name;
	}

	/** Files as dpkg replaces them: each by a rename; what the version before had and this one has not goes. */
	unpack({name, files, wipes = [], conffiles = []}: Package): void {
		for (const directory of wipes) {
			const path = join(this.#root, directory);
			for (const entry of existsSync(path) ? readdirSync(path) : []) {
				rmSync(join(path, entry), {recursive: true});
			}
		}

		for (const [path, {content, mode}] of Object.entries(files)) {
			if (!conffiles.includes(path) || !existsSync(join(this.#root, path))) {
				this.#place(path, content, mode);
			}
		}

		for (const path of this.filesOf(name).filter(path => files[path] === undefined)) {
			rmSync(join(this.#root, path), {force: true});
		}

		this.#place(
			`${info}/${name}.list`,
			Object.keys(files)
				.map(path => `${path}\n`)
				.join(''),
			0o644,
		);
	}

	#place(path: string, content: string | Buffer, mode: number): void {
		const file = join(this.#root, path);
		mkdirSync(dirname(file), {recursive: true});
		writeFileSync(`${file}.dpkg-new`, content);
		chmodSync(`${file}.dpkg-new`, mode);
		renameSync(`${file}.dpkg-new`, file);
	}

	#write(entries: readonly Installed[]): void {
		const text = entries
			.toSorted((a, b) => a.name.localeCompare(b.name))
			.map(
				({name, version, wanted, state}) =>
					`Package: ${name}\nStatus: ${wanted} ok ${state}\nArchitecture: amd64\nVersion: ${version}\n\n`,
			);
		this.#place(status, text.join(''), 0o644);
	}
}

function paragraph(text: string): readonly Installed[] {
	const field = (name: string) => new RegExp(`^${name}: (.*)$`, 'm').exec(text)?.[1] ?? '';
	const [wanted, , state] = field('Status').split(' ');
	const name = field('Package');
	return name === ''
		? []
		: [{name, version: field('Version'), wanted: wanted as Installed['wanted'], state: state as Installed['state']}];
}
