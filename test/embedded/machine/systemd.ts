import {existsSync, mkdirSync, readdirSync, rmSync, symlinkSync} from 'node:fs';
import {join} from 'node:path';
import type {NodeTree} from '../simulated-node.ts';
import {type Daemon, Unit, type UnitState} from './unit.ts';
import {readUnit, type UnitFile} from './unit-file.ts';

export type SystemdOptions = {
	readonly tree: NodeTree;
	readonly daemon: (program: string) => Daemon | undefined;
	readonly msPerSecond: number;
	/** Told of every change of any unit. */
	readonly changed: () => void;
};

const wanted = '/etc/systemd/system';

/** The services of one machine. Names end in `.service`. */
export class Systemd {
	/** What units said and what became of them, `UNIT: LINE`. */
	readonly journal: string[] = [];
	readonly #options: SystemdOptions;
	readonly #units = new Map<string, Unit>();
	/** As of the last daemon-reload, or the first use. */
	readonly #files = new Map<string, UnitFile>();

	constructor(options: SystemdOptions) {
		this.#options = options;
	}

	file(name: string): UnitFile | undefined {
		const file = this.#files.get(name) ?? readUnit(this.#options.tree.root, name);
		if (file !== undefined) {
			this.#files.set(name, file);
		}

		return file;
	}

	unit(name: string): Unit {
		const {tree, daemon, msPerSecond, changed} = this.#options;
		const unit =
			this.#units.get(name) ??
			new Unit({
				name,
				tree,
				daemon,
				msPerSecond,
				changed,
				file: () => this.file(name),
				log: (unit, line) => this.journal.push(`${unit}: ${line}`),
			});
		this.#units.set(name, unit);
		return unit;
	}

	states(): Readonly<Record<string, UnitState['active']>> {
		return Object.fromEntries([...this.#units].map(([name, {state}]) => [name, state.active]));
	}

	reload(): void {
		this.#files.clear();
	}

	isEnabled(name: string): boolean {
		return this.#links(name).length > 0;
	}

	/** Paths on the node of the links that it made. */
	enable(name: string): readonly string[] {
		const {root} = this.#options.tree;
		const file = this.file(name);
		return (file?.wantedBy ?? []).flatMap(target => {
			const link = `${wanted}/${target}.wants/${name}`;
			if (existsSync(join(root, link))) {
				return [];
			}

			mkdirSync(join(root, link, '..'), {recursive: true});
			// Relative: an absolute one would lead out of the tree.
			symlinkSync(`../../../..${file?.path}`, join(root, link));
			return [link];
		});
	}

	/** Paths on the node of the links that it removed. */
	disable(name: string): readonly string[] {
		return this.#links(name).map(link => {
			rmSync(join(this.#options.tree.root, link), {force: true});
			return link;
		});
	}

	/** Starts what is enabled, each after what it says it comes after. */
	async boot(): Promise<void> {
		this.reload();
		const names = this.#enabled();
		const isBefore = (a: string, b: string) => this.file(b)?.after.includes(a) === true;
		for (const name of names.toSorted((a, b) => (isBefore(a, b) ? -1 : isBefore(b, a) ? 1 : 0))) {
			await this.unit(name).start();
		}
	}

	/** As at a power loss. */
	forget(): void {
		for (const unit of this.#units.values()) {
			unit.forget();
		}
	}

	#enabled(): string[] {
		const all = this.#targets().flatMap(target => readdirSync(join(this.#options.tree.root, wanted, target)));
		return [...new Set(all)].sort();
	}

	#links(name: string): readonly string[] {
		const {root} = this.#options.tree;
		const isThere = (link: string) => readdirSync(join(root, link, '..')).includes(name);
		return this.#targets()
			.map(target => `${wanted}/${target}/${name}`)
			.filter(isThere);
	}

	#targets(): readonly string[] {
		const directory = join(this.#options.tree.root, wanted);
		return existsSync(directory) ? readdirSync(directory).filter(name => name.endsWith('.wants')) : [];
	}
}
