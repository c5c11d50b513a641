import {isUnknown} from '../facts/unknown.ts';
import type {PlanInput} from './input.ts';
import {packageRow} from './package-rows.ts';
import type {PackageChange} from './plan.ts';

/** The packages that get another version. One that has the wanted version already is none of them. */
export function packageChanges(input: Pick<PlanInput, 'facts' | 'request' | 'packages'>): readonly PackageChange[] {
	return wantedPackages(input).flatMap(({name, version}) => {
		const state = input.packages?.packages.find(row => row.name === name);
		const to = version ?? newest(state?.available);
		return to === undefined || state?.installed === to
			? []
			: [{name, from: state?.installed ?? null, to, held: state?.held ?? false}];
	});
}

/** Of which packages the node has to be asked; without a version the newest that it can fetch is meant. */
export function wantedPackages({
	facts,
	request,
}: Pick<PlanInput, 'facts' | 'request'>): readonly {readonly name: string; readonly version?: string}[] {
	const named = [
		...request.packages,
		...request.packageFiles.map(({package: name, version}) => ({name, version})),
	];
	const owners = request.plugins === 'package' ? pluginPackages(facts) : [];
	return [...named, ...owners.filter(name => named.every(other => other.name !== name)).map(name => ({name}))];
}

/** The packages that own the reference plugins of this node. */
export function pluginPackages({plugins}: PlanInput['facts']): readonly string[] {
	const owned = isUnknown(plugins)
		? []
		: plugins.flatMap(({package: owner}) => (typeof owner === 'string' ? (owner.split(' ')[0] ?? []) : []));
	return [...new Set(owned)].filter(name => packageRow(name).brings === 'plugins');
}

/** Package managers list the newest first. */
function newest(available: unknown): string | undefined {
	return Array.isArray(available) && typeof available[0] === 'string' ? available[0] : undefined;
}
