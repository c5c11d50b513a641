import {existsSync, readdirSync, readFileSync} from 'node:fs';
import {join} from 'node:path';

/** What a unit file and its drop-ins say, as far as it is heeded here. */
export type UnitFile = {
	/** On the node. */
	readonly path: string;
	readonly dropIns: readonly string[];
	readonly description: string;
	/** Paths on the node; `!` before one that must not exist. */
	readonly conditions: readonly string[];
	readonly after: readonly string[];
	readonly execStart: readonly string[];
	readonly type: string;
	readonly restart: string;
	readonly restartSeconds: number;
	readonly killMode: string;
	/** 0: none. */
	readonly maxSeconds: number;
	readonly wantedBy: readonly string[];
};

/** In the order in which systemd looks. */
const directories = [
	'/etc/systemd/system',
	'/run/systemd/system',
	'/usr/local/lib/systemd/system',
	'/usr/lib/systemd/system',
	'/lib/systemd/system',
];

/** Undefined where there is none. */
export function readUnit(root: string, name: string): UnitFile | undefined {
	const directory = directories.find(directory => existsSync(join(root, directory, name)));
	if (directory === undefined) {
		return undefined;
	}

	const path = `${directory}/${name}`;
	const dropIns = dropInsOf(root, name);
	const settings = new Map<string, string[]>();
	for (const file of [path, ...dropIns]) {
		take(settings, readFileSync(join(root, file), 'utf8'));
	}

	const all = (key: string) => settings.get(key) ?? [];
	const last = (key: string, otherwise: string) => all(key).at(-1) ?? otherwise;
	return {
		path,
		dropIns,
		description: last('Unit.Description', name),
		conditions: all('Unit.ConditionPathExists'),
		after: all('Unit.After').flatMap(split),
		execStart: split(last('Service.ExecStart', '').replace(/^[-@+!:]+/, '')),
		type: last('Service.Type', 'simple'),
		restart: last('Service.Restart', 'no'),
		restartSeconds: seconds(last('Service.RestartSec', '100ms')),
		killMode: last('Service.KillMode', 'control-group'),
		maxSeconds: seconds(last('Service.RuntimeMaxSec', '0')),
		wantedBy: all('Install.WantedBy').flatMap(split),
	};
}

/** `UNIT.d/*.conf` of all directories, by file name; of two of one name the first directory's counts. */
function dropInsOf(root: string, name: string): readonly string[] {
	const byName = new Map<string, string>();
	for (const directory of directories) {
		const place = `${directory}/${name}.d`;
		const files = existsSync(join(root, place)) ? readdirSync(join(root, place)) : [];
		for (const file of files.filter(file => file.endsWith('.conf') && !byName.has(file))) {
			byName.set(file, `${place}/${file}`);
		}
	}

	return [...byName.keys()].sort().map(file => byName.get(file) ?? '');
}

/** An empty value takes back what was set before. */
function take(settings: Map<string, string[]>, text: string): void {
	let section = '';
	for (const line of text.replaceAll('\\\n', ' ').split('\n')) {
		const header = /^\[(\w+)\]\s*$/.exec(line);
		const setting = /^(\w+)\s*=\s*(.*?)\s*$/.exec(line);
		if (header !== null) {
			section = header[1] ?? '';
		} else if (setting !== null) {
			const key = `${section}.${setting[1]}`;
			settings.set(key, setting[2] === '' ? [] : [...(settings.get(key) ?? []), setting[2] ?? '']);
		}
	}
}

function split(value: string): string[] {
	return [...value.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g)].map(([, double, single, plain]) => double ?? single ?? plain ?? '');
}

/** `90`, `1min 30s`, `500ms`. */
function seconds(value: string): number {
	const units: Readonly<Record<string, number>> = {ms: 0.001, s: 1, sec: 1, min: 60, h: 3600};
	return [...value.matchAll(/(\d+(?:\.\d+)?)\s*([a-z]*)/g)].reduce(
		(sum, [, number, unit = '']) => sum + Number(number) * (units[unit] ?? 1),
		0,
	);
}
