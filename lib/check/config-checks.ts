import {readConfigList} from '../cni/config-list.ts';
import {ownerOfFile} from '../cni/owners.ts';
import type {ConfigFile, JsonValue} from '../facts/node-facts.ts';
import {isUnknown, knownOr} from '../facts/unknown.ts';
import type {Check, Outcome} from './check.ts';
import {docs} from './docs.ts';
import {runtimeTitle} from './effects.ts';
import {type Subject, subjectOf} from './subject.ts';
import {enumerate, fileName, inLine, shellWord, withCommands} from './words.ts';

/** The files of the conf dirs: there, and readable as the runtime reads them. */
export const configChecks: readonly Check[] = [
	{
		id: 'config-present',
		title: 'there is a CNI config that the runtime can load',
		why: `Without a config the runtime reports that the network is not ready, and the node is NotReady: "cni plugin not initialized", or "no CNI configuration file in /etc/cni/net.d/". Only pods of the host network start. Files count where their name ends in .conf, .conflist or .json; CRI-O with cni_default_network waits for the network of that name.`,
		fix: 'Install a network add-on, or restart its pod on the node so that it writes its config. See that the runtime and the add-on mean the same directory.',
		doc: docs.networkPlugins,
		run: facts => noConfig(subjectOf(facts)),
	},
	{
		id: 'config-loads',
		title: 'every config that the runtime reads can be parsed',
		why: `containerd reads the files in order and gives up at the first that it cannot parse: no network at all is loaded, even where a good file follows. CRI-O leaves the file out and goes on, so that pods may get another network than meant.`,
		fix: 'Mend the file, or take it out of the directory. Where a network add-on writes it, mend its source.',
		doc: docs.cniSpec,
		run: facts => brokenConfigs(subjectOf(facts)),
	},
	{
		id: 'config-extension-fits',
		title: 'the extension of a config file fits what is in it',
		why: `The runtime takes the parser by the extension: .conflist is a list with "plugins", .conf and .json a single plugin with "type". A list in a .conf file fails with "missing 'type'", a single plugin in a .conflist file with "no 'plugins' key", or "no plugin configs found" from containerd 2.1 and CRI-O 1.33 on.`,
		fix: 'Rename the file. A rename inside the directory is noticed by the runtime at once.',
		doc: docs.cniSpec,
		run: facts => wrongExtensions(subjectOf(facts)),
	},
	{
		id: 'config-named',
		title: 'every config names its network',
		why: `A list without "name" is not loaded. A single plugin's config without one is: the node is Ready, and each pod fails with "missing network name", or in CRI-O when the network is checked.`,
		fix: 'Give the config a "name", beside "type".',
		doc: docs.cniSpec,
		run: facts => nameless(subjectOf(facts)),
	},
];

function noConfig(subject: Subject): readonly Outcome[] {
	const {load, facts, runtime} = subject;
	if (isUnknown(load) || load.active.length > 0 || load.failed !== undefined) {
		return [];
	}

	const dirs = enumerate(knownOr(facts.runtime.confDirs, ['the conf dir']));
	const {defaultNetwork} = facts.runtime;
	const named = typeof defaultNetwork === 'string' && defaultNetwork !== '' ? defaultNetwork : undefined;
	const others = [...load.skipped.map(({path}) => path), ...load.shadowed];
	const object = `node/${facts.node.name}`;
	const effect = saysReady(subject)
		? 'Only pods of the host network start. The node stays Ready all the while: CRI-O that was ready once goes on saying so until it is restarted.'
		: 'The network is not ready: the node is NotReady, and only pods of the host network start.';
	if (named !== undefined && load.shadowed.length > 0) {
		return [
			{
				severity: 'error',
				object,
				message: `no config in ${dirs} is named "${named}", which cni_default_network asks for`,
				expected: `a config with "name": "${named}"`,
				effect,
				remedy: 'Name the network so, or change cni_default_network in the configuration of CRI-O and restart it.',
			},
		];
	}

	return [
		{
			severity: 'error',
			object,
			message:
				others.length === 0
					? `no file in ${dirs} is a config`
					: `${runtimeTitle(runtime?.name ?? 'the runtime')} leaves out every config in ${dirs}: ${enumerate(others.map(fileName))}`,
			expected: `a .conflist or .conf file in ${dirs} that the runtime takes`,
			effect,
			remedy:
				others.length === 0
					? "Install a network add-on, or restart its pod on this node. See that it writes into the runtime's conf dir."
					: 'See the findings on these files.',
		},
	];
}

/** CRI-O asks for its network until it is ready, and never again unless it is told to (internal/config/cnimgr/cnimgr.go@v1.36.3). */
function saysReady({runtime, facts}: Subject): boolean {
	const {networkReady} = facts.runtime;
	return runtime?.name === 'cri-o' && !isUnknown(networkReady) && networkReady.ready;
}

type Broken = {readonly file: ConfigFile; readonly reason: string; readonly stops: boolean};

/** Files that the runtime tried and could not parse. A file that it would only read later is shown too: it waits there. */
function brokenFiles({load, runtime, facts: {configFiles}}: Subject): readonly Broken[] {
	if (isUnknown(configFiles)) {
		return [];
	}

	const stops = isUnknown(load) ? undefined : load.failed?.path;
	return configFiles.flatMap((file): readonly Broken[] => {
		const read = readConfigList(file, runtime?.release);
		return 'invalid' in read ? [{file, reason: read.invalid, stops: file.path === stops}] : [];
	});
}

function brokenConfigs(subject: Subject): readonly Outcome[] {
	return brokenFiles(subject)
		.filter(({file}) => betterName(file) === undefined)
		.map(({file: {path}, reason, stops}) => ({
			...severityAndEffect(subject, stops, path),
			object: `file/${path}`,
			message: `it cannot be read as a config: ${reason}`,
			expected: 'a config that the runtime can parse',
			remedy:
				atItsSource(path, subject) ?? withCommands('Mend it, or take it out of the directory:', [`mv ${shellWord(path)} /root/`]),
		}));
}

function wrongExtensions(subject: Subject): readonly Outcome[] {
	return brokenFiles(subject).flatMap(({file, reason, stops}): readonly Outcome[] => {
		const better = betterName(file);
		if (better === undefined) {
			return [];
		}

		const isList = better.endsWith('.conflist');
		return [
			{
				...severityAndEffect(subject, stops, file.path),
				object: `file/${file.path}`,
				message: `it holds ${isList ? 'a config list' : 'a single plugin'} and is named ${fileName(file.path)}: ${reason}`,
				expected: isList ? 'the extension .conflist' : 'the extension .conf',
				remedy:
					atItsSource(file.path, subject) ??
					(isThere(subject, better)
						? withCommands(`${inLine(fileName(better))} is there already. Take this one out of the directory:`, [
								`mv ${shellWord(file.path)} /root/`,
							])
						: withCommands('Rename it inside the directory:', [`mv ${shellWord(file.path)} ${shellWord(better)}`])),
			},
		];
	});
}

function nameless(subject: Subject): readonly Outcome[] {
	return subject.active
		.filter(({name}) => name === undefined)
		.map(({path}) => ({
			severity: 'error',
			object: `file/${path}`,
			message: 'the config has no "name"',
			expected: 'a "name" for the network',
			effect:
				subject.runtime?.name === 'containerd'
					? 'New pods stay in ContainerCreating: missing network name. The node stays Ready all the while.'
					: 'New pods do not start: what a network without a name has set up cannot be found again.',
			remedy: atItsSource(path, subject) ?? `Give ${inLine(path)} a "name", beside "type".`,
		}));
}

/** How to mend a file that somebody writes again; undefined where a change on the node would stay. */
function atItsSource(path: string, {facts}: Subject): string | undefined {
	const owner = ownerOfFile(path, facts);
	return owner === undefined || owner.rewrites === 'never' || owner.rewrites === 'with-package'
		? undefined
		: `${owner.title} writes it, so a change on the node does not stay. Mend it there: ${owner.change(path)}`;
}

function isThere({facts: {configFiles}}: Subject, path: string): boolean {
	return !isUnknown(configFiles) && configFiles.some(file => file.path === path);
}

/** The name under which the runtime would read it; undefined where another extension would not help. */
function betterName({path, content}: ConfigFile): string | undefined {
	if (content === undefined || isUnknown(content) || 'invalid' in content || !isObject(content.json)) {
		return undefined;
	}

	const has = (key: string) => Object.hasOwn(content.json as object, key);
	if (path.endsWith('.conflist')) {
		return has('type') && !has('plugins') ? path.replace(/\.conflist$/, '.conf') : undefined;
	}

	return has('plugins') && !has('type') ? path.replace(/\.(?:conf|json)$/, '.conflist') : undefined;
}

function isObject(value: JsonValue): boolean {
	return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function severityAndEffect({runtime, load, active}: Subject, stops: boolean, path: string): Pick<Outcome, 'severity' | 'effect'> {
	if (stops) {
		return {
			severity: 'error',
			effect:
				runtime === undefined
					? 'containerd stops at the first file that it cannot read: no network is loaded. CRI-O leaves the file out.'
					: `${runtimeTitle(runtime.name)} stops at the first file that it cannot read: no network is loaded, the node is NotReady and no pod starts.`,
		};
	}

	const isAlone = !isUnknown(load) && active.length === 0;
	const isLater = runtime?.name === 'containerd' || active.some(first => first.path < path);
	return {
		severity: isAlone ? 'error' : 'warning',
		effect: isLater
			? `None as long as another file sorts before it.${runtime?.name === 'containerd' ? ' Without that one containerd would load no network at all.' : ''}`
			: `${runtimeTitle(runtime?.name ?? 'The runtime')} leaves it out and goes on: pods get the network of the next file${isAlone ? ', and there is none' : ''}.`,
	};
}
