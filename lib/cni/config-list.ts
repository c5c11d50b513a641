import type {ConfigFile, JsonValue} from '../facts/node-facts.ts';
import {isUnknown, type Unknown} from '../facts/unknown.ts';
import {hasLibcni, type RuntimeRelease} from '../runtime/releases.ts';

/** A network as a runtime holds it: the chain of plugins that one file describes. */
export type ConfigList = {
	readonly path: string;
	/** Undefined only in a single plugin's config that has none; a list without a name is not loaded. */
	readonly name: string | undefined;
	/** `single`: a `.conf` or `.json` file, of which the runtime makes a list of one plugin. */
	readonly shape: 'list' | 'single';
	/** The version that counts: the list's own, which libcni hands to every plugin. */
	readonly version: VersionField;
	/** The list of the same name, as libcni 1.2.0 and later read it; empty where there is none. */
	readonly cniVersions: readonly string[];
	/** In the order of ADD. */
	readonly plugins: readonly PluginConf[];
	readonly disableCheck: boolean;
	/** False: libcni 1.3.0 and later append the files of `CONF_DIR/NAME/*.conf`. */
	readonly loadOnlyInlinedPlugins: boolean;
};

/** A file that sets `cniVersion` to anything but a string is not loaded; a delegate's may stand there. */
type VersionField =
	| {readonly state: 'set'; readonly value: string}
	| {readonly state: 'missing'}
	| {readonly state: 'empty'}
	/** `shown`: the value as JSON. */
	| {readonly state: 'not-a-string'; readonly shown: string};

type PluginConf = {
	/** Undefined where it is missing or empty: only delegates can be so and still be here. */
	readonly type: string | undefined;
	/** A `cniVersion` that stands inside the plugin's config, where it has no effect in a list. */
	readonly cniVersion?: string;
	/** The `ipam.type`, where there is one. */
	readonly ipam?: string;
	/** What the plugin runs by itself: multus' `delegates`, flannel's `delegate` with its implicit bridge and host-local. */
	readonly delegates: readonly ConfigList[];
	readonly raw: JsonValue;
};

/** A runtime's view of one entry of its conf dir. */
export type ReadConfig =
	| {readonly list: ConfigList}
	/** The runtime tries to load it and fails; its own words where they are known. */
	| {readonly invalid: string}
	/** The runtime passes it over without a word: a directory, or another extension. */
	| {readonly notLoaded: string}
	/** What is in the file is not known. */
	| Unknown;

/**
Reads a file as the runtime's libcni does, which takes the parser by the extension: `.conflist` a list, `.conf` and `.json` a single plugin.
The release decides about words alone: what is no config to one is none to another. containernetworking/cni:libcni/conf.go@v1.1.2, v1.3.0;
containerd/go-cni:opts.go@v1.1.9.
*/
export function readConfigList({path, entry, content}: ConfigFile, release?: RuntimeRelease): ReadConfig {
	if (entry === 'directory') {
		return {notLoaded: 'it is a directory'};
	}

	const shape = shapeOf(path);
	if (shape === undefined || content === undefined) {
		return {notLoaded: 'its name ends in none of .conf, .conflist and .json'};
	}

	if (isUnknown(content)) {
		return content;
	}

	if ('invalid' in content) {
		return {invalid: content.invalid};
	}

	// libcni 1.3.0 looks for plugins beside the list too, and has another type for one of them.
	const isNew = hasLibcni(release, [1, 3, 0]);
	return shape === 'list' ? readList(content.json, path, isNew) : readSingle(content.json, path, isNew);
}

/** One plugin that a runtime, or another plugin, executes because of a config. */
export type PluginUse = {
	readonly type: string;
	readonly role: 'plugin' | 'ipam' | 'delegate';
	/** Where it stands, such as `plugins[0].ipam`. */
	readonly where: string;
	/** The version that it gets to read: the list's, or its delegate's own. */
	readonly version: VersionField;
	/** Whether it gets the list's version, and so changes with it. */
	readonly inherits: boolean;
};

/** Everything that is executed because of this config, in order, delegates of multus and flannel among them. */
export function pluginTypes(list: ConfigList): readonly PluginUse[] {
	return list.plugins.flatMap((conf, index) =>
		usesOfPlugin(conf, list, {where: `plugins[${index}]`, role: 'plugin', inherits: true}),
	);
}

type Place = Pick<PluginUse, 'where' | 'role' | 'inherits'>;

function usesOfPlugin({type, ipam, delegates}: PluginConf, {version}: ConfigList, place: Place): readonly PluginUse[] {
	const own = type === undefined ? [] : [{type, version, ...place}];
	const addresses =
		ipam === undefined
			? []
			: [{type: ipam, version, inherits: place.inherits, role: 'ipam' as const, where: `${place.where}.ipam`}];
	return [
		...own,
		...addresses,
		...delegates.flatMap((delegate, index) =>
			usesOfDelegate(delegate, version, type, {...place, where: `${place.where}.delegates[${index}]`}),
		),
	];
}

/** flannel hands its own version on; multus calls each delegate with what stands in the delegate. */
function usesOfDelegate(
	delegate: ConfigList,
	outer: VersionField,
	by: string | undefined,
	{where, inherits}: Place,
): readonly PluginUse[] {
	const handsOn = by === 'flannel';
	const list = handsOn ? {...delegate, version: outer} : delegate;
	const place = (index: number) => (delegate.shape === 'single' ? where : `${where}.plugins[${index}]`);
	return list.plugins.flatMap((conf, index) =>
		usesOfPlugin(conf, list, {where: place(index), role: 'delegate', inherits: handsOn && inherits}),
	);
}

function shapeOf(path: string): ConfigList['shape'] | undefined {
	if (path.endsWith('.conflist')) {
		return 'list';
	}

	return path.endsWith('.conf') || path.endsWith('.json') ? 'single' : undefined;
}

function readList(json: JsonValue, path: string, isNew: boolean): ReadConfig {
	const failed = (what: string): ReadConfig => ({invalid: `error parsing configuration list: ${what}`});
	if (json !== null && !isObject(json)) {
		return failed(`json: cannot unmarshal ${goKind(json)} into Go value of type map[string]interface {}`);
	}

	const raw = json ?? {};
	const name = own(raw, 'name');
	if (name === undefined) {
		return failed('no name');
	}

	if (typeof name !== 'string') {
		return failed(`invalid name type ${goType(name)}`);
	}

	const version = versionField(raw);
	if (version.state === 'not-a-string') {
		return failed(`invalid cniVersion type ${goType(own(raw, 'cniVersion') ?? null)}`);
	}

	const plugins = own(raw, 'plugins');
	if (plugins === undefined) {
		return isNew ? {invalid: 'no plugin configs found'} : failed("no 'plugins' key");
	}

	if (!isArray(plugins)) {
		return failed(`invalid 'plugins' type ${goType(plugins)}`);
	}

	if (plugins.length === 0) {
		return failed('no plugins in list');
	}

	const problems = plugins.map(conf => pluginProblem(conf, isNew));
	const at = problems.findIndex(problem => problem !== undefined);
	if (at !== -1) {
		return {invalid: `failed to parse plugin config ${at}: ${problems[at] ?? ''}`};
	}

	return {list: listOf(raw, path, version)};
}

function listOf(raw: JsonObject, path: string, version: VersionField): ConfigList {
	const name = own(raw, 'name');
	const plugins = own(raw, 'plugins');
	const versions = own(raw, 'cniVersions');
	return {
		path,
		name: typeof name === 'string' ? name : undefined,
		shape: 'list',
		version,
		cniVersions: isArray(versions) ? versions.filter(version => typeof version === 'string') : [],
		plugins: isArray(plugins) ? plugins.map(conf => pluginConf(conf, path)) : [],
		disableCheck: isTrue(own(raw, 'disableCheck')),
		loadOnlyInlinedPlugins: isTrue(own(raw, 'loadOnlyInlinedPlugins')),
	};
}

function readSingle(json: JsonValue, path: string, isNew: boolean): ReadConfig {
	const problem = pluginProblem(json, isNew);
	return problem === undefined ? {list: singleOf(isObject(json) ? json : {}, path)} : {invalid: problem};
}

/** A runtime makes a list of one plugin of it and copies name and version (libcni.ConfListFromConf). */
function singleOf(raw: JsonObject, path: string): ConfigList {
	const name = own(raw, 'name');
	return {
		path,
		name: typeof name === 'string' && name !== '' ? name : undefined,
		shape: 'single',
		version: versionField(raw),
		cniVersions: [],
		plugins: [pluginConf(raw, path)],
		disableCheck: false,
		loadOnlyInlinedPlugins: false,
	};
}

/** What Go's JSON decoder or libcni says of a plugin's config; undefined where it takes it. */
function pluginProblem(json: JsonValue, isNew: boolean): string | undefined {
	const type = isNew ? 'PluginConf' : 'NetConf';
	const failed = (what: string) => `error parsing configuration: ${what}`;
	if (json !== null && !isObject(json)) {
		return failed(`json: cannot unmarshal ${goKind(json)} into Go value of type types.${type}`);
	}

	const raw = json ?? {};
	const wrong = ['cniVersion', 'name', 'type'].find(key => {
		const value = own(raw, key) ?? null;
		return value !== null && typeof value !== 'string';
	});
	if (wrong !== undefined) {
		return failed(
			`json: cannot unmarshal ${goKind(own(raw, wrong) ?? null)} into Go struct field ${type}.${wrong} of type string`,
		);
	}

	const named = own(raw, 'type');
	return typeof named === 'string' && named !== '' ? undefined : failed("missing 'type'");
}

function pluginConf(json: JsonValue, path: string): PluginConf {
	const raw = isObject(json) ? json : {};
	const type = own(raw, 'type');
	const version = own(raw, 'cniVersion');
	const addresses = own(raw, 'ipam');
	const ipam = isObject(addresses ?? null) ? own(addresses as JsonObject, 'type') : undefined;
	return {
		type: typeof type === 'string' && type !== '' ? type : undefined,
		...(typeof version === 'string' && {cniVersion: version}),
		...(typeof ipam === 'string' && ipam !== '' && {ipam}),
		delegates: delegatesOf(raw, path),
		raw: json,
	};
}

function delegatesOf(raw: JsonObject, path: string): readonly ConfigList[] {
	switch (own(raw, 'type')) {
		case 'multus':
		case 'multus-shim': {
			const delegates = own(raw, 'delegates');
			return isArray(delegates) ? delegates.filter(isObject).map(delegate => delegateOf(delegate, path)) : [];
		}

		case 'flannel': {
			return [flannelDelegate(own(raw, 'delegate') ?? {}, path)];
		}

		default: {
			return [];
		}
	}
}

function delegateOf(raw: JsonObject, path: string): ConfigList {
	return own(raw, 'plugins') === undefined ? singleOf(raw, path) : listOf(raw, path, versionField(raw));
}

/** Without a type it is bridge, and its addresses come from host-local (flannel-io/cni-plugin:flannel_linux.go@v1.1.0). */
function flannelDelegate(delegate: JsonValue, path: string): ConfigList {
	const raw = isObject(delegate) ? delegate : {};
	return singleOf({type: 'bridge', ...raw, ipam: {type: 'host-local'}}, path);
}

function versionField(raw: JsonObject): VersionField {
	const value = own(raw, 'cniVersion');
	if (value === undefined) {
		return {state: 'missing'};
	}

	if (typeof value !== 'string') {
		return {state: 'not-a-string', shown: JSON.stringify(value)};
	}

	return value === '' ? {state: 'empty'} : {state: 'set', value};
}

type JsonObject = {readonly [key: string]: JsonValue};

function isObject(value: JsonValue): value is JsonObject {
	return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isArray(value: JsonValue | undefined): value is readonly JsonValue[] {
	return Array.isArray(value);
}

/** Only own keys count: a file may say `__proto__`. */
function own(raw: JsonObject, key: string): JsonValue | undefined {
	return Object.hasOwn(raw, key) ? raw[key] : undefined;
}

/** libcni takes the word for the value since 1.2.1. */
function isTrue(value: JsonValue | undefined): boolean {
	return value === true || (typeof value === 'string' && value.toLowerCase() === 'true');
}

/** Go's name of a JSON value in its decoder's errors. */
function goKind(value: JsonValue): string {
	if (Array.isArray(value)) {
		return 'array';
	}

	return typeof value === 'boolean' ? 'bool' : typeof value;
}

/** Go's name of the type into which its decoder puts a JSON value. */
function goType(value: JsonValue): string {
	if (value === null) {
		return '<nil>';
	}

	if (Array.isArray(value)) {
		return '[]interface {}';
	}

	return {boolean: 'bool', number: 'float64', string: 'string'}[typeof value as string] ?? 'map[string]interface {}';
}
