import {changeCases} from './change-cases.ts';
import {fileCases} from './file-cases.ts';
import {pluginCases} from './plugin-cases.ts';
import {settingCases} from './setting-cases.ts';

/** One situation in which a daemon is put, whatever daemon it is. */
export type Case = {
	/** Names its rows. */
	readonly id: string;
	/** What is special about it, as a phrase. */
	readonly what: string;
	/** Files of the conf dir by name before the daemon starts; a name that ends in a slash is a directory, an arrow makes a link. */
	readonly files: Files;
	/** Release of the reference plugins, `1.1.1` unless told otherwise. */
	readonly plugins?: PluginRelease;
	/** Reference plugins that are not there at the start. */
	readonly without?: readonly string[];
	/** Plugins of another release than the others'. */
	readonly mixed?: {readonly [type: string]: PluginRelease};
	/** Plugins that are scripts: their text by type. */
	readonly scripts?: {readonly [type: string]: string};
	readonly settings?: Settings;
	/** What is done after the start; a sandbox is made and removed unless told otherwise. */
	readonly steps?: readonly Step[];
	/** The only runtimes for which the case means something; both unless told otherwise. */
	readonly only?: 'containerd' | 'cri-o';
};

export type Files = {readonly [name: string]: string};

export type PluginRelease = '0.9.1' | '1.1.1' | '1.6.2';

/** Settings of the daemon. Directories are the defaults of containerd and CRI-O unless told otherwise. */
export type Settings = {
	readonly binDir?: string;
	readonly binDirs?: readonly string[];
	readonly maxConfNum?: number;
	/** containerd's conf_template: the template's text. */
	readonly confTemplate?: string;
	readonly internalLoopback?: boolean;
	readonly defaultNetwork?: string;
};

/** After a step that changes something the daemon is watched for three seconds: does its state change? */
export type Step =
	| {readonly do: 'add' | 'del'; readonly pod: string}
	/** Opened, cut to nothing and written, as an editor or a shell's > does. */
	| {readonly do: 'write'; readonly file: string; readonly text: string}
	/** Written beside under a name that no runtime loads, and renamed inside the directory. */
	| {readonly do: 'swap'; readonly file: string; readonly text: string}
	/** Written in another directory of the same file system, and renamed into this one. */
	| {readonly do: 'move-in'; readonly file: string; readonly text: string}
	| {readonly do: 'remove'; readonly file: string}
	| {readonly do: 'chmod'; readonly file: string; readonly mode: number}
	/** All reference plugins give way to those of another release. */
	| {readonly do: 'plugins'; readonly release: PluginRelease}
	| {readonly do: 'install' | 'uninstall'; readonly plugin: string}
	/** The kubelet tells the node's pod CIDR. */
	| {readonly do: 'pod-cidr'; readonly cidr: string}
	| {readonly do: 'restart'};

export const usualSteps: readonly Step[] = [
	{do: 'add', pod: 'a'},
	{do: 'del', pod: 'a'},
];

export const cases: readonly Case[] = [...fileCases, ...pluginCases, ...settingCases, ...changeCases];

/** The conf dir after a step. */
export function filesAfter(files: Files, step: Step): Files {
	switch (step.do) {
		case 'write':
		case 'swap':
		case 'move-in': {
			return {...files, [step.file]: step.text};
		}

		case 'remove': {
			return Object.fromEntries(Object.entries(files).filter(([name]) => name !== step.file));
		}

		default: {
			return files;
		}
	}
}

/** Where each plugin is from after a step: a release, or `script`. Those that are not there are left out. */
export function pluginsAfter(plugins: Plugins, step: Step): Plugins {
	switch (step.do) {
		case 'plugins': {
			return Object.fromEntries(Object.keys(plugins).map(type => [type, plugins[type] === 'script' ? 'script' : step.release]));
		}

		case 'install': {
			return {...plugins, [step.plugin]: '1.1.1'};
		}

		case 'uninstall': {
			return Object.fromEntries(Object.entries(plugins).filter(([type]) => type !== step.plugin));
		}

		default: {
			return plugins;
		}
	}
}

export type Plugins = {readonly [type: string]: PluginRelease | 'script'};

const referencePlugins = ['bandwidth', 'bridge', 'firewall', 'host-local', 'loopback', 'portmap'];

export function pluginsOf({plugins = '1.1.1', without = [], mixed = {}, scripts = {}}: Case): Plugins {
	return {
		...Object.fromEntries(referencePlugins.filter(type => !without.includes(type)).map(type => [type, plugins])),
		...mixed,
		...Object.fromEntries(Object.keys(scripts).map(type => [type, 'script' as const])),
	};
}
