import type {ConfigFile, JsonValue} from '../facts/node-facts.ts';

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
export type VersionField =
	| {readonly state: 'set'; readonly value: string}
	| {readonly state: 'missing'}
	| {readonly state: 'empty'}
	/** `shown`: the value as JSON. */
	| {readonly state: 'not-a-string'; readonly shown: string};

export type PluginConf = {
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
	| {readonly notLoaded: string};

/**
Reads a file as the runtime's libcni does, which takes the parser by the extension: `.conflist` a list, `.conf` and `.json` a single plugin.
`libcni` is the runtime's, such as `1.1.2`; the newest that is known where it is left out.
*/
export function readConfigList(file: ConfigFile, libcni?: string): ReadConfig {
	throw new Error(`not yet: ${file.path} ${libcni}`);
}

/** One plugin that a runtime, or another plugin, executes because of a config. */
export type PluginUse = {
	readonly type: string;
	readonly role: 'plugin' | 'ipam' | 'delegate';
	/** Where it stands, such as `plugins[0].ipam`. */
	readonly where: string;
	/** The version that it gets to read: the list's, or its delegate's own. */
	readonly version: VersionField;
};

/** Everything that is executed because of this config, in order, delegates of multus and flannel among them. */
export function pluginTypes(list: ConfigList): readonly PluginUse[] {
	throw new Error(`not yet: ${list.path}`);
}
