import type {ConfigList, PluginUse} from '../cni/config-list.ts';
import {ownerOf} from '../cni/owners.ts';
import {firstReleaseWith, referencePlugins} from '../cni/reference-plugins.ts';
import {compareSpecVersions, isSpecVersion} from '../cni/spec-version.ts';
import {isUnknown} from '../facts/unknown.ts';
import type {Outcome} from './check.ts';
import {effectOfRefusal} from './effects.ts';
import {bringPlugins, setVersion, suggestedVersion} from './remedies.ts';
import type {Subject} from './subject.ts';
import {calledWith, usesOf} from './uses.ts';
import {directoryOf, enumerate, versionList} from './words.ts';

/** Plugins of a config that do not support its version. Those with the same answer in the same place have one cause, and are one outcome. */
export function refusedUses(list: ConfigList, subject: Subject): readonly Outcome[] {
	const groups = Map.groupBy(refusals(list, subject), ({dir, supported, called, use}) =>
		JSON.stringify([supported, called, dir, referencePlugins.includes(use.type), use.inherits]),
	);
	return [...groups.values()].flatMap(([first, ...others]) =>
		first === undefined ? [] : refusal(first, [...new Set([first, ...others].map(({use}) => use.type))], list, subject),
	);
}

type Refusal = {
	readonly dir: string;
	readonly supported: readonly string[];
	readonly called: string;
	readonly use: PluginUse;
};

function refusals(list: ConfigList, {facts, plugins}: Subject): readonly Refusal[] {
	return usesOf(list, facts).flatMap((use): readonly Refusal[] => {
		const plugin = plugins.get(use.type);
		const called = calledWith(use);
		if (
			plugin === undefined ||
			typeof plugin.path !== 'string' ||
			isUnknown(plugin.supportedVersions) ||
			!isSpecVersion(called)
		) {
			return [];
		}

		return plugin.supportedVersions.includes(called)
			? []
			: [{dir: directoryOf(plugin.path), supported: plugin.supportedVersions, called, use}];
	});
}

function refusal(
	{supported, called, use, dir}: Refusal,
	types: readonly string[],
	list: ConfigList,
	subject: Subject,
): readonly Outcome[] {
	const isSet = use.version.state === 'set';
	const says = isSet ? `config is "${called}"` : `config has no version, which counts as "${called}"`;
	const one = types.length === 1;
	const better = use.inherits ? suggestedVersion(subject, list) : undefined;
	return [
		{
			severity: 'error',
			object: `file/${list.path}`,
			message: `${says}, ${one ? 'plugin' : 'plugins'} ${enumerate(types)} in ${dir} ${one ? 'supports' : 'support'} ${versionList(supported)}`,
			expected: `plugins that support "${called}", or a config of a version that all of them support${better === undefined ? '' : `, such as "${better}"`}`,
			effect: effectOfRefusal(
				subject,
				list,
				`incompatible CNI versions; config is "${called}", plugin supports ${versionList(supported)}`,
			),
			remedy: isSet ? remedyOfRefusal(called, types, list, subject, better) : setVersion(subject, list, {drain: false}),
		},
	];
}

/** Newer plugins where there are any; else a version that these support. */
function remedyOfRefusal(
	called: string,
	types: readonly string[],
	list: ConfigList,
	subject: Subject,
	better: string | undefined,
): string {
	const owner = ownerOf(list, subject.facts);
	const {maxSpec} = owner ?? {};
	const isBeyond = maxSpec !== undefined && isSpecVersion(called) && compareSpecVersions(called, maxSpec) > 0;
	const isOwners = !types.every(type => referencePlugins.includes(type));
	if (isBeyond && isOwners) {
		return `No release of ${owner?.title ?? 'these plugins'} supports more than ${maxSpec}. ${setVersion(subject, list, {drain: false})}`;
	}

	const needed = isOwners ? undefined : firstReleaseWith(called);
	const least = needed === undefined ? '' : ` Releases from ${needed} on support "${called}".`;
	const way = bringPlugins(subject, types, list);
	const other = better === undefined ? '' : `\nOr: ${setVersion(subject, list, {drain: false})}`;
	return `${way}${least === '' ? '' : `\n${least.trim()}`}${other}`;
}
