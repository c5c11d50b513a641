import {specVersionsOf} from '../cni/reference-releases.ts';
import type {SpecVersion} from '../cni/spec-version.ts';
import type {NodeFacts, PluginFacts} from '../facts/node-facts.ts';
import {isUnknown, type Known, knownOr} from '../facts/unknown.ts';
import {type RuntimeRelease, releaseOf} from '../runtime/releases.ts';
import type {PlanInput} from './input.ts';
import {packageChanges} from './package-changes.ts';
import {packageRow, upstreamVersion} from './package-rows.ts';
import type {PackageChange, PluginChange} from './plan.ts';
import {pluginChanges} from './plugin-changes.ts';

/** What is on the node now, and what will be once plugins and packages are changed. */
export type Future = {
	readonly plugins: readonly PluginChange[];
	readonly packages: readonly PackageChange[];
	/** What a plugin supports before and after. */
	readonly before: (type: string) => Known<readonly string[]>;
	readonly after: (type: string) => Known<readonly string[]>;
	/** Whether any plugin of these is replaced. */
	readonly changes: (types: readonly string[]) => boolean;
	/** The runtime as it will be. */
	readonly runtime: {readonly name: Known<string>; readonly version: Known<string>; readonly release: RuntimeRelease | undefined};
	readonly maxSpec: Known<SpecVersion>;
};

export function futureOf(input: PlanInput): Future {
	const {facts, archive} = input;
	const plugins = pluginChanges(input);
	const packages = packageChanges(input);
	const replaced = new Set(plugins.map(({name}) => name));
	const before = (type: string) => supported(facts, type);
	const byPackage = (type: string) => fromPackage(pluginOf(facts, type), packages, type);
	const runtime = runtimeAfter(facts, packages);
	return {
		plugins,
		packages,
		before,
		after: type =>
			replaced.has(type)
				? (archive?.supportedVersions[type] ?? {unknown: `the archive does not say of which release its ${type} is`})
				: (byPackage(type) ?? before(type)),
		changes: types => types.some(type => replaced.has(type) || byPackage(type) !== undefined),
		runtime,
		maxSpec: runtime.release?.maxSpec ?? {
			unknown: `the tables have no ${knownOr(runtime.name, 'runtime')} ${knownOr(runtime.version, '')}`.trimEnd(),
		},
	};
}

/** Whether a plugin neither is where the runtime looks nor comes. */
export function isAbsent(type: string, facts: NodeFacts, {plugins}: Pick<Future, 'plugins'>): boolean {
	return pluginOf(facts, type)?.path === null && plugins.every(({name}) => name !== type);
}

function pluginOf({plugins}: NodeFacts, type: string): PluginFacts | undefined {
	return isUnknown(plugins) ? undefined : plugins.find(plugin => plugin.type === type);
}

function supported(facts: NodeFacts, type: string): Known<readonly string[]> {
	if (isUnknown(facts.plugins)) {
		return facts.plugins;
	}

	const plugin = pluginOf(facts, type);
	return plugin === undefined
		? {unknown: 'it was not looked up'}
		: plugin.path === null
			? {unknown: "it is not in the runtime's bin dirs"}
			: plugin.supportedVersions;
}

/** What the package that owns a plugin will make of it; undefined where that package stays. */
function fromPackage(
	plugin: PluginFacts | undefined,
	packages: readonly PackageChange[],
	type: string,
): Known<readonly string[]> | undefined {
	const owner = plugin === undefined ? null : knownOr(plugin.package, null);
	const change = packages.find(
		({name}) => packageRow(name).brings === 'plugins' && owner !== null && (owner === name || owner.startsWith(`${name} `)),
	);
	return change === undefined
		? undefined
		: (specVersionsOf(type, upstreamVersion(change.to)) ?? {
				unknown: `what ${type} of package/${change.name} ${change.to} supports is not in the tables`,
			});
}

function runtimeAfter({runtime}: NodeFacts, packages: readonly PackageChange[]): Future['runtime'] {
	const change = packages.find(({name}) => {
		const row = packageRow(name);
		return row.brings === 'runtime' && row.runtime === runtime.name;
	});
	const version = change === undefined ? runtime.version : upstreamVersion(change.to);
	return {
		name: runtime.name,
		version,
		release: isUnknown(runtime.name) || isUnknown(version) ? undefined : releaseOf(runtime.name, version),
	};
}
