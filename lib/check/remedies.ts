import {highestFor} from '../cni/choose-version.ts';
import type {ConfigList} from '../cni/config-list.ts';
import {ownerOf} from '../cni/owners.ts';
import {newestPlugins, referencePlugins} from '../cni/reference-plugins.ts';
import {compareSpecVersions, isSpecVersion} from '../cni/spec-version.ts';
import type {JsonValue} from '../facts/node-facts.ts';
import {providerRow} from '../facts/providers.ts';
import {isUnknown, knownOr} from '../facts/unknown.ts';
import {runtimeTitle} from './effects.ts';
import type {Subject} from './subject.ts';
import {usesOf} from './uses.ts';
import {directoryOf, enumerate, inLine, shellWord, withCommands} from './words.ts';

/**
The spec version that a config should name here: the highest that every plugin in it supports and the runtime reads. 1.1.0 makes
the node's readiness depend on STATUS, so no config is raised above 1.0.0 that is not there already.
*/
export function suggestedVersion({facts, plugins, runtime}: Subject, list: ConfigList): string | undefined {
	const answers = usesOf(list, facts)
		.filter(({inherits}) => inherits)
		.map(({type}) => plugins.get(type)?.supportedVersions);
	if (answers.length === 0 || answers.some(answer => answer === undefined || isUnknown(answer))) {
		return undefined;
	}

	return highestFor(
		answers.map(answer => (answer === undefined ? [] : knownOr(answer, []))),
		{now: list.version.state === 'set' ? list.version.value : undefined, maxSpec: runtime?.release?.maxSpec},
	);
}

/** How to give a config its version so that it stays: where its owner writes it, else in the file. */
export function setVersion(subject: Subject, list: ConfigList, {drain}: {readonly drain: boolean}): string {
	const version = suggestedVersion(subject, list);
	const above = versionsAbove(list, version);
	const what =
		version === undefined
			? 'the highest spec version that every plugin in it supports, at most 1.0.0'
			: `"cniVersion": "${version}" at its top level${above.length === 0 ? '' : `, and take ${enumerate(above)} out of its "cniVersions"`}`;
	const {facts} = subject;
	const path = inLine(list.path);
	const owner = ownerOf(list, facts);
	if (owner !== undefined && owner.rewrites !== 'never') {
		return `${owner.title} writes ${path}, so a change on the node does not stay. Give it ${what} there: ${owner.change(path)}`;
	}

	if (version !== undefined && above.length === 0 && isAmbiguous(list)) {
		return `Give ${path} ${what}. Plugins in it have a cniVersion too, so edit it by hand; rename the edited copy into place, inside the directory.`;
	}

	const commands = version === undefined || above.length > 0 ? [] : editCommands(list, version);
	const onNode = drain ? aroundDrain(subject, commands) : commands;
	const where = facts.via === 'file' ? '' : ', on the node';
	return withCommands(`Give ${path} ${what}${commands.length === 0 ? '.' : `${where}:`}`, onNode);
}

/** Those of `cniVersions` that a runtime would go on taking instead. */
function versionsAbove({cniVersions}: ConfigList, version: string | undefined): readonly string[] {
	return version !== undefined && isSpecVersion(version)
		? cniVersions.filter(listed => isSpecVersion(listed) && compareSpecVersions(listed, version) > 0)
		: [];
}

/** Whether the file has a `cniVersion` to replace and others further in: delegates of multus call their plugins with theirs. */
function isAmbiguous({version, shape, plugins}: ConfigList): boolean {
	const inPlugins = plugins.reduce((count, {raw}) => count + versionsIn(raw), 0);
	return version.state !== 'missing' && inPlugins > (shape === 'single' ? 1 : 0);
}

function versionsIn(value: JsonValue): number {
	if (typeof value !== 'object' || value === null) {
		return 0;
	}

	const own = !Array.isArray(value) && Object.hasOwn(value, 'cniVersion') ? 1 : 0;
	return Object.values(value).reduce((count: number, inner: JsonValue) => count + versionsIn(inner), own);
}

/**
Runs with the sed and awk of GNU, busybox and BSD. The copy keeps mode and owner, has no extension that a runtime loads, and its rename
inside the directory is the change that containerd notices.
*/
function editCommands(list: ConfigList, version: string): readonly string[] {
	const edit =
		list.version.state === 'missing'
			? `awk '!n && sub(/[{]/, "{\\"cniVersion\\": \\"${version}\\",") {n = 1} {print}'`
			: `sed 's/"cniVersion" *: *"[^"]*"/"cniVersion": "${version}"/'`;
	const [file, copy] = [shellWord(list.path), shellWord(`${list.path}.tmp`)];
	return [`cp -p ${file} ${copy} && ${edit} ${file} > ${copy} && mv ${copy} ${file}`];
}

/** Commands on a node between its drain and its uncordon. Files at hand have no node. */
function aroundDrain({facts}: Subject, commands: readonly string[]): readonly string[] {
	if (facts.via === 'file' || commands.length === 0) {
		return commands;
	}

	const node = shellWord(facts.node.name);
	return [
		`kubectl drain ${node} --ignore-daemonsets`,
		`# on node/${inLine(facts.node.name)}:`,
		...commands,
		`kubectl uncordon ${node}`,
	];
}

/** How to bring newer, or any, executables of these plugins, which have one source, by whoever brings them on this node. */
export function bringPlugins(subject: Subject, types: readonly string[], list?: ConfigList): string {
	const isReference = types.every(type => referencePlugins.includes(type));
	const owner = list === undefined ? undefined : ownerOf(list, subject.facts);
	const names = inLine(enumerate(types));
	const one = types.length === 1;
	if (!isReference && owner !== undefined && !withoutPods.includes(owner.id)) {
		return `${one ? 'Plugin' : 'Plugins'} ${names} ${one ? 'comes' : 'come'} with ${owner.title}: upgrade it, or restart its pod on this node so that it installs its plugins again.`;
	}

	const managed = isReference && bringsOwnPlugins(subject, types) ? undefined : managedWay(subject);
	if (managed !== undefined) {
		return managed;
	}

	if (!isReference) {
		return `Upgrade or install again the software that brings ${one ? 'plugin' : 'plugins'} ${names}.`;
	}

	const owned = packageOf(subject, types);
	return owned === undefined ? installRelease(subject, types) : upgradePackage(subject, types, owned);
}

/** Owners of configs that install no plugins by a pod of theirs: whoever brings the node's software brings those. */
const withoutPods: readonly string[] = [
	'hand',
	'k3s',
	'microk8s',
	'azure-cni',
	'gke-netd',
	'containerd-template',
	'cri-o-sample',
	'podman',
];

/** Images of these systems have no plugins outside /usr: those in /opt/cni/bin are there because an operator put them there. */
function bringsOwnPlugins({facts: {node, runtime}, plugins}: Subject, types: readonly string[]): boolean {
	const place = types.map(type => plugins.get(type)?.path).find((path): path is string => typeof path === 'string');
	const dir = place ?? knownOr(runtime.binDirs, [])[0] ?? '/opt/cni/bin';
	return (node.provider === 'flatcar' || node.provider === 'fedora-coreos') && !dir.startsWith('/usr/');
}

/** The package that owns the first of these plugins that a package owns. */
function packageOf({plugins}: Subject, types: readonly string[]): string | undefined {
	return types.map(type => plugins.get(type)?.package).find((owned): owned is string => typeof owned === 'string');
}

function upgradePackage({facts: {node}}: Subject, types: readonly string[], owned: string): string {
	const name = shellWord(owned.split(' ')[0] ?? owned);
	const image = knownOr(node.osImage, '');
	const command = /debian|ubuntu/i.test(image) ? `apt-get install --only-upgrade ${name}` : `dnf upgrade ${name}`;
	return withCommands(
		`Package ${inLine(owned)} brings ${enumerate(types)}. Upgrade it on the node; where the distribution has no newer one, use the release of containernetworking/plugins:`,
		[command],
	);
}

/** Each file is renamed into place: overwriting a plugin that runs fails with "text file busy". */
function installRelease({facts: {node, runtime, via}, plugins}: Subject, types: readonly string[]): string {
	const archive = `cni-plugins-linux-${knownOr(node.arch, 'amd64')}-${newestPlugins}.tgz`;
	const place = types.map(type => plugins.get(type)?.path).find((path): path is string => typeof path === 'string');
	const dir = shellWord(place === undefined ? (knownOr(runtime.binDirs, [])[0] ?? '/opt/cni/bin') : directoryOf(place));
	const url = `https://github.com/containernetworking/plugins/releases/download/${newestPlugins}`;
	const files = types.map(type => shellWord(`./${type}`)).join(' ');
	const where = via === 'file' ? '' : ', on the node';
	return withCommands(`Install ${enumerate(types)} of containernetworking/plugins ${newestPlugins}${where}:`, [
		`cd "$(mktemp -d)" && curl -fsSLO ${url}/${archive} && curl -fsSL ${url}/${archive}.sha256 | sha256sum -c &&`,
		`mkdir -p ${dir}/.new && tar -xzf ${archive} -C ${dir}/.new ${files} && mv ${dir}/.new/* ${dir}/ && rmdir ${dir}/.new`,
	]);
}

/** What to do where someone else replaces this node's software; undefined where its operator does. */
function managedWay({facts: {node}}: Subject): string | undefined {
	const row = isUnknown(node.provider) ? undefined : providerRow(node.provider);
	return row === undefined || row.id === 'none' ? undefined : `${row.title} brings this node's software. ${row.upgrade}`;
}

/** How to move the runtime to a release on this node. */
export function upgradeRuntime(subject: Subject, to: string): string {
	const managed = managedWay(subject);
	const {name = 'containerd'} = subject.runtime ?? {};
	if (managed !== undefined) {
		return managed;
	}

	const service = name === 'cri-o' ? 'crio' : 'containerd';
	const packages = name === 'cri-o' ? 'cri-o' : 'containerd.io, or containerd where the distribution brings it';
	const what = `${runtimeTitle(name)} to ${to}`;
	return subject.facts.via === 'file'
		? `Drain the node, then upgrade ${what}.`
		: withCommands(
				`${cautionBeforeDrain(subject)}Upgrade ${what}:`,
				aroundDrain(subject, [
					`systemctl stop kubelet ${service}`,
					`# upgrade the package: ${packages}`,
					`systemctl daemon-reload && systemctl start ${service} kubelet`,
				]),
			);
}

/** Where pods of the config in use cannot be torn down, a drain does not end. */
function cautionBeforeDrain({active, runtime}: Subject): string {
	const {emptyVersion} = runtime?.release ?? {};
	if (!active.some(({version}) => version.state === 'missing' || version.state === 'empty')) {
		return '';
	}

	if (emptyVersion === 'add-fails') {
		return 'Draining may hang on pods that were started without a version. Upgrade all the same: the newer CRI-O tears them down.\n';
	}

	return emptyVersion === 'del-fails' ? 'Give the config its version first: until then draining hangs.\n' : '';
}

/** CRI-O's cache of each pod's config, in /var/lib/cni/results, counts at DEL (cri-o/ocicni:pkg/ocicni/ocicni.go@v0.5.1). */
export const crioKeepsConfig =
	'CRI-O tears pods down by the config with which they were started: what hangs needs plugins that support its version, or, where that is missing, CRI-O 1.24.2 or later.';
