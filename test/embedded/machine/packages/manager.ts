import type {MachineFaults} from '../faults.ts';
import type {Program} from '../requests.ts';
import type {Systemd} from '../systemd.ts';
import {apt} from './apt.ts';
import {Database} from './database.ts';
import {dpkg} from './dpkg.ts';
import type {Package} from './package.ts';

/** What apt has to offer, and which of it is installed from the start, as `NAME VERSION`. */
export type PackageWorld = {readonly repository: readonly Package[]; readonly installed: readonly string[]};

export type ManagerOptions = PackageWorld & {
	readonly root: string;
	readonly faults: MachineFaults;
	readonly systemd: Systemd;
	readonly isOff: () => boolean;
};

/** The package manager of a machine: its programs, and its database with what is installed. */
export function packageManager({repository, installed, root, faults, systemd, isOff}: ManagerOptions): {
	readonly database: Database;
	readonly programs: Readonly<Record<string, Program>>;
} {
	const database = new Database(root);
	const scripts = new Map<string, Package>();
	for (const key of installed) {
		const one = repository.find(({name, version}) => `${name} ${version}` === key);
		if (one === undefined) {
			throw new Error(`no package ${key} in the repository`);
		}

		database.unpack(one);
		database.set({name: one.name, version: one.version, wanted: 'install', state: 'installed'});
		scripts.set(key, one);
	}

	const parts = {
		root,
		database,
		scripts,
		repository,
		isOff,
		locked: () =>
			faults.packagesLocked && `another process with pid ${faults.packagesLocked.pid} (${faults.packagesLocked.program})`,
		fails: () => faults.packageFails,
		startUnits: async (units: readonly string[]) => startUnits(systemd, units),
	};
	const debian = dpkg(parts);
	const manage = apt(parts);
	return {
		database,
		programs: {dpkg: debian, 'dpkg-query': debian, 'apt-get': manage, 'apt-cache': manage, 'apt-mark': manage},
	};
}

/** As a package's script does it: with what is new on disk, and started again where it runs. */
async function startUnits(systemd: Systemd, units: readonly string[]): Promise<void> {
	systemd.reload();
	for (const name of units.filter(name => systemd.isEnabled(name))) {
		const unit = systemd.unit(name);
		await unit.stop();
		await unit.start();
	}
}
