import {isUnknown, type Known} from '../facts/unknown.ts';
import {firstReleaseWith, referencePlugins} from './reference-plugins.ts';
import {compareSpecVersions, highestCommon, isSpecVersion, type SpecVersion, specVersions} from './spec-version.ts';

/** A plugin that gets the config's version, and what it supports. */
export type ChainPlugin = {readonly type: string; readonly versions: Known<readonly string[]>};

export type VersionQuestion = {
	/**
	`auto`: the highest that fits, 1.0.0 at most unless the config is above it already; `keep`: what is there; `needed`: what is there where
	it fits, and what `auto` takes where the config names none. Else a version.
	*/
	readonly wish: 'auto' | 'keep' | 'needed' | (string & {});
	/** What the config names; undefined where it names none, and plugins take it for 0.1.0. */
	readonly now: string | undefined;
	readonly plugins: readonly ChainPlugin[];
	/** The newest whose results the runtime reads. */
	readonly maxSpec: Known<SpecVersion>;
};

export type VersionAnswer =
	| {readonly kind: 'change'; readonly version: SpecVersion}
	| {readonly kind: 'stay'}
	/** Seen and expected in one sentence, and what would do. */
	| {readonly kind: 'refused'; readonly message: string; readonly remedy: string};

/** 1.1.0 and later make the node's readiness depend on STATUS: no config gets there unasked. */
const cap: SpecVersion = '1.0.0';

/** Which version a config is to name. It is lowered only where the wish says `auto` or the version itself, and nothing else fits. */
export function chooseVersion(question: VersionQuestion): VersionAnswer {
	const {wish, now, plugins, maxSpec} = question;
	const silent = plugins.find(({versions}) => isUnknown(versions));
	if (silent !== undefined && isUnknown(silent.versions)) {
		return refused(
			`plugin/${silent.type}: which versions it supports is not known (${silent.versions.unknown}); expected an answer to VERSION`,
			'Make it known: see what preflight says of it.',
		);
	}

	if (isUnknown(maxSpec)) {
		return refused(
			`which versions the runtime reads is not known (${maxSpec.unknown}); expected a release that the tables have`,
			'Use a release of containerd or CRI-O that this tool knows, or a newer release of this tool.',
		);
	}

	const fits = misfit(now ?? '0.1.0', plugins, maxSpec);
	switch (wish) {
		case 'keep':
			return fits === undefined ? {kind: 'stay'} : orHighest(fits, question, maxSpec);
		case 'needed':
			return fits === undefined && now !== undefined
				? {kind: 'stay'}
				: now === undefined || !isSpecVersion(now)
					? highest(question, maxSpec)
					: orHighest(fits ?? noCommon(plugins), question, maxSpec);
		case 'auto':
			return highest(question, maxSpec);
		default:
			return asked(wish, question, maxSpec);
	}
}

/**
The highest version that is in every list, not above the limit, nor above 1.0.0 unless the config is there already; undefined where there is
none.
*/
export function highestFor(
	lists: readonly (readonly string[])[],
	{now, maxSpec}: {readonly now: string | undefined; readonly maxSpec: SpecVersion | undefined},
): SpecVersion | undefined {
	const top = now !== undefined && isSpecVersion(now) && compareSpecVersions(now, cap) > 0 ? now : cap;
	const limits = [top, ...(maxSpec === undefined ? [] : [maxSpec])];
	return highestCommon(
		lists.map(versions =>
			versions.filter(version => isSpecVersion(version) && limits.every(limit => compareSpecVersions(version, limit) <= 0)),
		),
	);
}

function highest({now, plugins}: VersionQuestion, maxSpec: SpecVersion): VersionAnswer {
	const version = highestFor(lists(plugins), {now, maxSpec});
	if (version === undefined) {
		return noCommon(plugins);
	}

	return version === now ? {kind: 'stay'} : {kind: 'change', version};
}

function asked(wish: string, {now, plugins}: VersionQuestion, maxSpec: SpecVersion): VersionAnswer {
	if (!isSpecVersion(wish)) {
		return refused(
			`version ${JSON.stringify(wish.slice(0, 32))} was asked for; expected one of ${specVersions.join(', ')}`,
			'Spec versions are not releases of plugins: see what the plugins support with preflight -o wide.',
		);
	}

	return misfit(wish, plugins, maxSpec) ?? (wish === now ? {kind: 'stay'} : {kind: 'change', version: wish});
}

type Refused = Extract<VersionAnswer, {kind: 'refused'}>;

/** What keeps this version from working; undefined where nothing does. */
function misfit(version: string, plugins: readonly ChainPlugin[], maxSpec: SpecVersion): Refused | undefined {
	if (!isSpecVersion(version)) {
		return refused(
			`the config's version is ${JSON.stringify(version.slice(0, 32))}; expected one of ${specVersions.join(', ')}`,
			'Give it a version with --cni-version auto.',
		);
	}

	const without = plugins.find(({versions}) => !isUnknown(versions) && !versions.includes(version));
	if (without !== undefined && !isUnknown(without.versions)) {
		const {type, versions} = without;
		return refused(
			`plugin/${type} supports ${versions.join(', ')}; expected ${version} among them`,
			newer(type, version) ?? `Upgrade what brings plugin ${type} to a release that supports ${version}.`,
		);
	}

	return compareSpecVersions(version, maxSpec) > 0
		? refused(
				`the runtime reads versions up to ${maxSpec}; expected one that reads ${version}`,
				'Upgrade the runtime with --package NAME=VERSION, or ask for a version that it reads.',
			)
		: undefined;
}

/** A refusal, with the version that would fit after what its remedy says already. */
function orHighest(because: Refused, {now, plugins}: VersionQuestion, maxSpec: SpecVersion): Refused {
	const other = highestFor(lists(plugins), {now, maxSpec});
	return other === undefined
		? because
		: {...because, remedy: `${because.remedy}\nOr give the config the highest version that fits: --cni-version ${other}.`};
}

function noCommon(plugins: readonly ChainPlugin[]): Refused {
	const each = plugins.map(({type, versions}) => `${type} ${isUnknown(versions) ? '' : versions.join(', ')}`);
	return refused(
		`no version is supported by every plugin of the config and the runtime (${each.join('; ')}); expected one that is`,
		'Upgrade the plugins with --plugins FILE|URL, or what brings those that are not of containernetworking/plugins.',
	);
}

function newer(type: string, version: string): string | undefined {
	const first = firstReleaseWith(version);
	return first !== undefined && referencePlugins.includes(type)
		? `Bring plugins of release ${first} or later with --plugins FILE|URL.`
		: undefined;
}

function lists(plugins: readonly ChainPlugin[]): readonly (readonly string[])[] {
	return plugins.map(({versions}) => (isUnknown(versions) ? [] : versions));
}

function refused(message: string, remedy: string): Refused {
	return {kind: 'refused', message, remedy};
}
