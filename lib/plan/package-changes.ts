import {isUnknown} from '../facts/unknown.ts';
import type {PlanInput} from './input.ts';
import {packageRow} from './package-rows.ts';
import type {PackageChange} from './plan.ts';

/** The packages that get another version, those that others need among them, in the order in which they are installed. */
export function packageChanges({packages}: Pick<PlanInput, 'packages'>): readonly PackageChange[] {
	return (packages?.changes ?? []).map(({name, from, to}) => ({
		name,
		from,
		to,
		held: packages?.packages.some(row => row.name === name && row.held) ?? false,
	}));
}

/**
The words with which the node is asked for its packages; none where nothing is wanted of them. `--plugins package` means the newest that the
node can fetch, so its words change once with the first answer: ask until they do not change any more.
@public
*/
export function wantedPackages({facts, request, packages}: Pick<PlanInput, 'facts' | 'request' | 'packages'>): readonly string[] {
	const named = request.packages.map(({name, version}) => `${name}=${version}`);
	const files = request.packageFiles.map(({name}) => `file:${name}`);
	const owners = request.plugins === 'package' ? pluginPackages(facts) : [];
	const newest = owners
		.filter(name => request.packages.every(other => other.name !== name))
		.map(name => {
			const version = packages?.packages.find(row => row.name === name)?.candidates[0];
			return version === undefined ? name : `${name}=${version}`;
		});
	return [...named, ...files, ...newest];
}

/** The packages that own the reference plugins of this node. */
export function pluginPackages({plugins}: PlanInput['facts']): readonly string[] {
	const owned = isUnknown(plugins)
		? []
		: plugins.flatMap(({package: owner}) => (typeof owner === 'string' ? (owner.split(' ')[0] ?? []) : []));
	return [...new Set(owned)].filter(name => packageRow(name).brings === 'plugins');
}
