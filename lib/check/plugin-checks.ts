import type {ConfigList} from '../cni/config-list.ts';
import type {PluginFacts} from '../facts/node-facts.ts';
import {isUnknown, knownOr} from '../facts/unknown.ts';
import type {Check, Outcome} from './check.ts';
import {docs} from './docs.ts';
import {effectOfRefusal, runtimeTitle} from './effects.ts';
import {bringPlugins} from './remedies.ts';
import {type Subject, subjectOf} from './subject.ts';
import {usesOf} from './uses.ts';
import {directoryOf, enumerate, inLine, shellWord, versionList, withCommands} from './words.ts';

/** The executables that configs name: there, where the runtime looks, and fit to run. */
export const pluginChecks: readonly Check[] = [
	{
		id: 'plugin-present',
		title: 'every plugin that a config names is where the runtime looks',
		why: `The runtime takes a plugin from its bin dirs by the name in "type", also for ipam and for what multus and flannel run in turn. containerd does not look before the first pod: a node without the plugin is Ready. Distributions differ: Debian's package puts plugins into /usr/lib/cni, Fedora's into /usr/libexec/cni, network add-ons into /opt/cni/bin. An upgrade of the package kubernetes-cni has been seen to empty /opt/cni/bin.`,
		fix: "Install the plugin where the runtime looks, or add the directory to the runtime's configuration: bin_dir (from containerd 2.1 bin_dirs), for CRI-O plugin_dirs. A network add-on installs its own plugins when its pod starts.",
		doc: docs.networkPlugins,
		run: facts => eachConfig(subjectOf(facts), absentPlugins),
	},
	{
		id: 'plugin-executable',
		title: 'every plugin that a config names is a program that this node can run',
		why: 'A file without the permission to execute, or one that is built for another machine, is found and cannot be run: "permission denied" or "exec format error" at each pod.',
		fix: 'Give it mode 0755, or install the build for this machine.',
		doc: docs.networkPlugins,
		run: facts => eachConfig(subjectOf(facts), unfitPlugins),
	},
	{
		id: 'plugin-is-program',
		title: 'no plugin is a script',
		why: 'A plugin may be a script. This tool runs no script, since one that does not know VERSION may do what it does for ADD. So nobody can say here which versions it supports.',
		fix: 'Read the script: it has to answer to CNI_COMMAND=VERSION and to support the version of its config.',
		doc: docs.cniSpec,
		run: facts => eachConfig(subjectOf(facts), scripts),
	},
	{
		id: 'loopback-present',
		title: 'containerd finds the loopback plugin',
		why: `containerd brings up "lo" in every pod by the loopback plugin, whatever the config says, unless use_internal_loopback is on (from 2.0). Without it no pod starts, though the node is Ready. The package containerd.io brings no plugins. CRI-O from 1.18 on needs none.`,
		fix: 'Install loopback of containernetworking/plugins where containerd looks for plugins.',
		doc: docs.troubleshooting,
		run: facts => absentLoopback(subjectOf(facts)),
	},
	{
		id: 'loopback-supports-runtime',
		title: "the loopback plugin supports the version of the runtime's own config",
		why: `containerd calls loopback with a config of its own: version 1.0.0 in 1.6.3 alone, 0.3.1 before and after. An older loopback fails every pod on 1.6.3. Elsewhere it works, and the docs page's advice to have 1.0.0 or later is for the day on which that changes.`,
		fix: 'Install loopback of containernetworking/plugins v1.0.0 or later, or leave containerd 1.6.3.',
		doc: docs.containerdLoopback,
		run: facts => oldLoopback(subjectOf(facts)),
	},
];

type ConfigCheck = (list: ConfigList, subject: Subject) => readonly Outcome[];

function eachConfig(subject: Subject, check: ConfigCheck): readonly Outcome[] {
	return subject.wanted.flatMap(list => check(list, subject));
}

/** The plugins of a config that were looked up, each once. loopback is the matter of checks of its own. */
function pluginsOf(list: ConfigList, {facts, plugins}: Subject): readonly PluginFacts[] {
	const types = new Set(usesOf(list, facts).map(({type}) => type));
	return [...types].flatMap(type => plugins.get(type) ?? []);
}

const binDirsOf = ({facts: {runtime}}: Subject) => enumerate(knownOr(runtime.binDirs, ["the runtime's bin dirs"]));

function absentPlugins(list: ConfigList, subject: Subject): readonly Outcome[] {
	const absent = pluginsOf(list, subject).filter(({path}) => path === null);
	const groups = Map.groupBy(absent, ({elsewhere}) => directoryOf(elsewhere[0] ?? ''));
	return [...groups.values()].map(plugins => absence(plugins, list, subject));
}

function absence(plugins: readonly PluginFacts[], list: ConfigList, subject: Subject): Outcome {
	const types = plugins.map(({type}) => type);
	const dirs = binDirsOf(subject);
	const found = plugins.flatMap(({elsewhere}) => elsewhere[0] ?? []);
	const {name = ''} = subject.runtime ?? {};
	const there =
		found.length === 0
			? ''
			: `; ${enumerate(found)}, where ${runtimeTitle(name)} does not look, ${found.length === 1 ? 'is' : 'are'} there`;
	return {
		severity: 'error',
		object: types.length === 1 ? `plugin/${types[0] ?? ''}` : `file/${list.path}`,
		message: `${enumerate(types)} ${types.length === 1 ? 'is' : 'are'} named in the config and not in ${dirs}${there}`,
		expected: `${types.length === 1 ? 'an executable' : 'executables'} of that name in ${dirs}`,
		effect: effectOfRefusal(
			subject,
			list,
			`failed to find plugin "${types[0] ?? ''}" in path [${knownOr(subject.facts.runtime.binDirs, []).join(' ')}]`,
		),
		remedy: found.length === 0 ? bringPlugins(subject, types, list) : linkThere(found, subject),
	};
}

function linkThere(found: readonly string[], {facts: {runtime}}: Subject): string {
	const dir = shellWord(knownOr(runtime.binDirs, [])[0] ?? '/opt/cni/bin');
	return withCommands("Link it there, or add its directory to the runtime's configuration and restart the runtime:", [
		`mkdir -p ${dir} && ln -s ${found.map(path => shellWord(path)).join(' ')} ${dir}/`,
	]);
}

function unfitPlugins(list: ConfigList, subject: Subject): readonly Outcome[] {
	return pluginsOf(list, subject).flatMap((plugin): readonly Outcome[] => {
		const {type, path, kind, executable} = plugin;
		if (typeof path !== 'string') {
			return [];
		}

		const problem =
			executable === false
				? 'not executable'
				: kind === 'foreign-elf'
					? 'built for another machine'
					: kind === 'other'
						? 'no program'
						: undefined;
		if (problem === undefined) {
			return [];
		}

		return [
			{
				severity: 'error',
				object: `plugin/${type}`,
				message: `${path} is ${problem}`,
				expected: 'a program that this node can run, mode 0755',
				effect: effectOfRefusal(
					subject,
					list,
					executable === false ? `fork/exec ${path}: permission denied` : `fork/exec ${path}: exec format error`,
				),
				remedy:
					executable === false
						? withCommands('Make it executable, on the node:', [`chmod 0755 ${shellWord(path)}`])
						: bringPlugins(subject, [type], list),
			},
		];
	});
}

function scripts(list: ConfigList, subject: Subject): readonly Outcome[] {
	return pluginsOf(list, subject).flatMap(({type, path, kind}): readonly Outcome[] =>
		kind === 'script' && typeof path === 'string'
			? [
					{
						severity: 'warning',
						object: `plugin/${type}`,
						message: `${path} is a script, and scripts are not run`,
						expected: 'a program that can be asked for its versions',
						effect: "Whether it supports the config's version is not known.",
						remedy: `Read ${inLine(path)}: it has to answer to CNI_COMMAND=VERSION with the version of its config.`,
					},
				]
			: [],
	);
}

/** containerd alone runs the loopback plugin, and CRI-O before 1.18. */
function needsLoopback({facts, runtime}: Subject): boolean {
	const {release} = runtime ?? {};
	return release !== undefined && release.loopback !== 'internal' && facts.runtime.internalLoopback !== true;
}

function absentLoopback(subject: Subject): readonly Outcome[] {
	const {plugins, facts, runtime} = subject;
	const plugin = plugins.get('loopback');
	if (!needsLoopback(subject) || isUnknown(facts.runtime.internalLoopback) || plugin === undefined || plugin.path !== null) {
		return [];
	}

	const dirs = binDirsOf(subject);
	return [
		{
			severity: 'error',
			object: 'plugin/loopback',
			message: `${runtimeTitle(runtime?.name ?? '')} runs loopback for every pod, and it is not in ${dirs}`,
			expected: `loopback in ${dirs}`,
			effect: `New pods stay in ContainerCreating: failed to find plugin "loopback" in path [${knownOr(facts.runtime.binDirs, []).join(' ')}]. The node stays Ready all the while.`,
			remedy:
				plugin.elsewhere.length === 0 ? bringPlugins(subject, ['loopback']) : linkThere(plugin.elsewhere.slice(0, 1), subject),
		},
	];
}

function oldLoopback(subject: Subject): readonly Outcome[] {
	const {plugins, runtime} = subject;
	const plugin = plugins.get('loopback');
	const supported = plugin?.supportedVersions;
	if (!needsLoopback(subject) || runtime?.release === undefined || supported === undefined || isUnknown(supported)) {
		return [];
	}

	const needed = runtime.release.loopback;
	const fails = !supported.includes(needed);
	if (!fails && supported.includes('1.0.0')) {
		return [];
	}

	return [
		{
			severity: fails ? 'error' : 'info',
			object: 'plugin/loopback',
			message: `loopback supports ${versionList(supported)}`,
			expected: fails
				? `a loopback that supports "${needed}", the version of ${runtimeTitle(runtime.name)}'s own config`
				: 'loopback of containernetworking/plugins v1.0.0 or later',
			effect: fails
				? `New pods stay in ContainerCreating: incompatible CNI versions; config is "${needed}", plugin supports ${versionList(supported)}.`
				: `None with ${runtimeTitle(runtime.name)} ${runtime.version}, which calls it with "${needed}". containerd 1.6.3 would fail every pod.`,
			remedy: bringPlugins(subject, ['loopback']),
		},
	];
}
