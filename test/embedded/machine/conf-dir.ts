import {existsSync, readdirSync, readFileSync} from 'node:fs';
import {join} from 'node:path';

/** A config list as a runtime holds it in memory. */
export type NetworkList = {
	readonly path: string;
	readonly name: string;
	/** Empty where it has none. */
	readonly cniVersion: string;
	readonly plugins: readonly PluginConf[];
	/** The file's own text. */
	readonly source: string;
};

export type PluginConf = {
	readonly type: string;
	readonly ipam?: {
		readonly type?: string;
		readonly ranges?: readonly (readonly {readonly subnet?: string}[])[];
		readonly subnet?: string;
		readonly dataDir?: string;
	};
	readonly [key: string]: unknown;
};

/** The files of a conf dir that a runtime would load, in its order: paths on the node. */
export function configPaths(root: string, confDir: string): readonly string[] {
	const directory = join(root, confDir);
	const names = existsSync(directory) ? readdirSync(directory) : [];
	return names
		.filter(name => /\.(conf|conflist|json)$/.test(name))
		.sort()
		.map(name => `${confDir.replace(/\/$/, '')}/${name}`);
}

/** A config, or why libcni does not read it. */
export function readNetworkList(root: string, path: string): NetworkList | string {
	const source = readFileSync(join(root, path), 'utf8');
	const isList = path.endsWith('.conflist');
	const kind = isList ? 'configuration list' : 'configuration';
	let content: Record<string, unknown>;
	try {
		content = JSON.parse(source) as Record<string, unknown>;
	} catch {
		return `error parsing ${kind}: ${source.trim() === '' ? 'unexpected end of JSON input' : 'invalid character'}`;
	}

	const plugins = isList ? content['plugins'] : [content];
	if (typeof content['name'] !== 'string' && isList) {
		return `error parsing ${kind}: no name`;
	}

	if (!isList && typeof content['type'] !== 'string') {
		return `error parsing ${kind}: missing 'type'`;
	}

	if (!Array.isArray(plugins) || plugins.length === 0) {
		return `error parsing ${kind}: no 'plugins' key`;
	}

	return {
		path,
		name: String(content['name'] ?? ''),
		cniVersion: String(content['cniVersion'] ?? ''),
		plugins: plugins as readonly PluginConf[],
		source,
	};
}
