import type {ConfigList} from '../cni/config-list.ts';
import {effectiveVersion} from '../cni/effective-version.ts';
import {compareSpecVersions, isSpecVersion, specVersions} from '../cni/spec-version.ts';
import type {Check, Outcome} from './check.ts';
import {docs} from './docs.ts';
import {effectOfRefusal, runtimeTitle} from './effects.ts';
import {missingVersion} from './missing-version.ts';
import {refusedUses} from './refused-uses.ts';
import {setVersion, suggestedVersion, upgradeRuntime} from './remedies.ts';
import {isBelow, type Subject, subjectOf} from './subject.ts';
import {enumerate, inLine} from './words.ts';

/** The spec version of a config: set, one that exists, and one that runtime and plugins know. */
export const versionChecks: readonly Check[] = [
	{
		id: 'plugin-supports-config',
		title: 'every plugin supports the version that its config has',
		why: `A plugin answers to VERSION with a list of spec versions and refuses every config whose version is not in that list: there is no "this or later". It refuses both ADD and DEL, so pods neither start nor stop. containerd does not look at this before: it takes the config, and the node stays Ready; only with a version from 1.1.0 on it asks for STATUS (containerd from 2.0.1), which fails too. CRI-O looks, at the plugins of the chain and not at ipam, and leaves the file out. Where the first plugin of a chain works and a later one refuses, each try costs an address.

A config without a version counts as 0.1.0, which bandwidth (from 0.3.0), vrf (from 0.3.1) and firewall (from 0.4.0) do not support.`,
		fix: `Upgrade the plugins to a release that supports the version: containernetworking/plugins v0.8.0 for 0.4.0, v1.0.0 for 1.0.0, v1.6.0 for 1.1.0. Or give the config the highest version that all of its plugins support. Where pods hang already, either heals them on containerd; where they are well, drain the node first.`,
		doc: docs.troubleshooting,
		run: facts => eachConfig(subjectOf(facts), refusedUses),
	},
	{
		id: 'spec-version-set',
		title: 'the config names its spec version',
		why: `The CNI libraries v0.7 to v1.0 refuse a config without cniVersion when a pod is deleted: it starts and stays in Terminating, with "invalid version "": the version is empty". That is containerd up to 1.6.3 and CRI-O up to 1.23.3, where pods do not even start. Later runtimes take it for 0.1.0: pods work, by the rules of 2016: a single address, no CHECK, and no plugin that lacks 0.1.0.`,
		fix: `Give the config the highest version that all of its plugins support, at most 1.0.0, as "cniVersion" at its top level. Where a network add-on writes the file, change it there. That alone heals pods that hang on containerd 1.6; containerd up to 1.5 cannot convert what it has cached of them to more than 0.2.0, so there they need 0.2.0 first. CRI-O tears a pod down by the config with which it was started: there CRI-O 1.24.2 or later heals them. Where none hang, drain the node before the change.`,
		doc: docs.troubleshooting,
		run: facts => eachConfig(subjectOf(facts), missingVersion),
	},
	{
		id: 'spec-version-valid',
		title: "the config's version is a version of the CNI specification",
		why: `There are seven: 0.1.0, 0.2.0, 0.3.0, 0.3.1, 0.4.0, 1.0.0 and 1.1.0. A release number of the plugins, such as 1.0.1 or 1.1.1, is none: no plugin supports it, and no runtime can convert a result to it.`,
		fix: `Write the spec version that the plugins support. Plugins v1.0.0 to v1.5.1 support 1.0.0; later ones 1.1.0 too.`,
		doc: docs.cniSpec,
		run: facts => eachConfig(subjectOf(facts), invalidVersion),
	},
	{
		id: 'spec-version-at-top',
		title: 'the version stands at the top of a config list, not inside a plugin',
		why: `In a list the runtime puts the version of the list into the config of every plugin. A cniVersion inside a plugin is overwritten and has no effect: a list without one at its top has none.`,
		fix: 'Move it to the top level of the list, beside "name".',
		doc: docs.cniSpec,
		run: facts => eachConfig(subjectOf(facts), versionInside),
	},
	{
		id: 'runtime-reads-version',
		title: 'the runtime can read results of the version that the config has',
		why: `A plugin answers in the version of its config. A runtime whose CNI library is older runs the plugin and then fails to read the result: "unsupported CNI result version". The pod does not start, although its network was set up. containerd from 1.5 on takes it down again; before, an address is lost at each try. A pod that was started with an earlier version cannot be torn down either: its cached result cannot be converted.`,
		fix: 'Upgrade the runtime, or give the config a version that it reads: 0.4.0 for containerd before 1.6 and CRI-O before 1.23, 1.0.0 for containerd 1.6 and 1.7 and CRI-O 1.23 to 1.30, 1.1.0 for later ones.',
		doc: docs.troubleshooting,
		run: facts => eachConfig(subjectOf(facts), tooNewForRuntime),
	},
	{
		id: 'status-decides-readiness',
		title: "the node's readiness does not depend on STATUS unawares",
		why: `With version 1.1.0 containerd from 2.0.1 and CRI-O from 1.32 ask the plugins for their STATUS. One that answers with an error makes the node NotReady. With 1.0.0 the node is ready as soon as the config could be read.`,
		fix: 'Nothing, if that is wanted. Else give the config version 1.0.0.',
		doc: docs.cniSpec,
		run: facts => eachConfig(subjectOf(facts), statusAsked),
	},
];

type ConfigCheck = (list: ConfigList, subject: Subject) => readonly Outcome[];

function eachConfig(subject: Subject, check: ConfigCheck): readonly Outcome[] {
	return subject.wanted.flatMap(list => check(list, subject));
}

const named = (list: ConfigList) => `file/${list.path}`;

function invalidVersion(list: ConfigList, subject: Subject): readonly Outcome[] {
	const {version} = effectiveVersion(list, subject.runtime?.release);
	if (isSpecVersion(version)) {
		return [];
	}

	return [
		{
			severity: 'error',
			object: named(list),
			message: `cniVersion is ${JSON.stringify(version)}, which is no version of the CNI specification`,
			expected: `one of ${enumerate(specVersions)}`,
			effect: effectOfRefusal(subject, list, `incompatible CNI versions; config is ${JSON.stringify(version)}`),
			remedy: setVersion(subject, list, {drain: false}),
		},
	];
}

function versionInside(list: ConfigList, subject: Subject): readonly Outcome[] {
	if (list.shape === 'single') {
		return [];
	}

	const top = list.version.state === 'set' ? list.version.value : undefined;
	const inside = list.plugins.filter(({cniVersion}) => cniVersion !== undefined && cniVersion !== top);
	const [first] = inside;
	if (first === undefined) {
		return [];
	}

	return [
		{
			severity: 'warning',
			object: named(list),
			message: `plugin ${enumerate(inside.map(({type = ''}) => type))} has a cniVersion of its own, ${JSON.stringify(first.cniVersion)}; the list's is ${top === undefined ? 'missing' : JSON.stringify(top)}`,
			expected: 'one "cniVersion", at the top level of the list',
			effect: `The version inside a plugin has no effect: every plugin is called with ${top === undefined ? 'none, which counts as 0.1.0' : JSON.stringify(top)}.`,
			remedy:
				top === undefined
					? setVersion(subject, list, {drain: false})
					: `Remove "cniVersion" from the plugin in ${inLine(list.path)}.`,
		},
	];
}

function tooNewForRuntime(list: ConfigList, subject: Subject): readonly Outcome[] {
	const {release, name = '', version: own = ''} = subject.runtime ?? {};
	if (release === undefined) {
		return [];
	}

	const {version} = effectiveVersion(list, release);
	if (!isSpecVersion(version) || compareSpecVersions(version, release.maxSpec) <= 0) {
		return [];
	}

	const lower = suggestedVersion(subject, list);
	const needed = runtimesThatRead[version]?.[release.runtime];
	const ways = [
		...(needed === undefined ? [] : [upgradeRuntime(subject, needed)]),
		...(lower === undefined && needed !== undefined ? [] : [setVersion(subject, list, {drain: false})]),
	];
	return [
		{
			severity: 'error',
			object: named(list),
			message: `config is "${version}", ${runtimeTitle(name)} ${own} reads results up to "${release.maxSpec}"`,
			expected: `a config of at most "${release.maxSpec}", or a runtime that reads "${version}"`,
			effect: `New pods stay in ContainerCreating: the plugin sets the network up, and the runtime fails with: unsupported CNI result version "${version}". ${whatStays(subject)}`,
			remedy: ways.join('\nOr: '),
		},
	];
}

/**
Whether the runtime runs DEL after an ADD that failed (containerd/containerd:pkg/cri/server/sandbox_run.go@v1.5.0). Debian's 1.4.13 was
seen to, and leaves no lease (test/truth/daemons); of earlier ones nothing is known.
*/
function whatStays({runtime}: Subject): string {
	return runtime?.name === 'containerd' && isBelow(runtime, [1, 4, 13]) === false
		? 'containerd takes the network down again.'
		: 'Each try may cost an address.';
}

/** The first release that reads results of a version (lib/runtime/releases.ts). */
const runtimesThatRead: Readonly<Record<string, {readonly containerd: string; readonly 'cri-o': string}>> = {
	'1.0.0': {containerd: '1.6.5 or later', 'cri-o': '1.24.2 or later'},
	'1.1.0': {containerd: '2.0.1 or later', 'cri-o': '1.31 or later'},
};

function statusAsked(list: ConfigList, subject: Subject): readonly Outcome[] {
	const {release} = subject.runtime ?? {};
	const {version} = effectiveVersion(list, release);
	if (release?.status !== true || !isSpecVersion(version) || compareSpecVersions(version, '1.1.0') < 0) {
		return [];
	}

	return [
		{
			severity: 'info',
			object: named(list),
			message: `config is "${version}", with which ${runtimeTitle(release.runtime)} asks each plugin for its STATUS`,
			expected: 'that this is wanted',
			effect: 'A plugin that answers to STATUS with an error makes the node NotReady.',
			remedy: 'Nothing, if that is wanted; else give the config version 1.0.0.',
		},
	];
}
