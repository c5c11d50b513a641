import type {ConfigList} from '../cni/config-list.ts';
import {readConfigList} from '../cni/config-list.ts';
import {effectiveVersion} from '../cni/effective-version.ts';
import {type Owner, ownerOf} from '../cni/owners.ts';
import type {LoadedNetwork} from '../facts/node-facts.ts';
import {isUnknown} from '../facts/unknown.ts';
import {hasLibcni} from '../runtime/releases.ts';
import type {Check, Outcome} from './check.ts';
import {docs} from './docs.ts';
import {runtimeTitle} from './effects.ts';
import {type Subject, subjectOf} from './subject.ts';
import {enumerate, fileName, inLine, shellWord, withCommands} from './words.ts';

/** Which of several configs the runtime takes, and whose it is. */
export const orderChecks: readonly Check[] = [
	{
		id: 'add-on-config-first',
		title: "no other file sorts before the network add-on's config",
		why: `The runtime takes the first file by name. A sample of CRI-O, Podman's bridge, containerd's template or a file that an earlier network add-on left behind wins over the network add-on's own where its name sorts first: pods then get addresses of a bridge that no other node knows (10.85.x.x, 10.88.x.x).`,
		fix: 'Take the file that nobody wants out of the directory. Its pods keep the wrong network until they are started anew.',
		doc: docs.networkPlugins,
		run: facts => foreignFirst(subjectOf(facts)),
	},
	{
		id: 'config-not-hidden',
		title: 'the config in use is no hidden file',
		why: 'Runtimes read hidden files too, and a dot sorts before every digit and letter. A backup such as .10-calico.conflist therefore becomes the config in use. People look with "ls" and do not see it.',
		fix: 'Keep backups outside the directory, or under a name that ends in something else than .conf, .conflist or .json.',
		doc: docs.networkPlugins,
		run: facts => hiddenInUse(subjectOf(facts)),
	},
	{
		id: 'one-config-in-use',
		title: 'pods get one network of the runtime',
		why: 'containerd with max_conf_num above 1, or 0, attaches each pod to several networks: eth0, eth1 and so on. All of them have to work at each ADD and DEL.',
		fix: 'Nothing, if that is wanted. Else set max_conf_num to 1 and restart containerd, or take the other files away.',
		doc: docs.containerdConfig,
		run: facts => severalInUse(subjectOf(facts)),
	},
	{
		id: 'runtime-holds-config',
		title: 'the runtime holds the config that is on the disk',
		why: `containerd reads its configs again when a file is written, renamed or removed in the directory. A finished file that is moved in from elsewhere is not noticed, and a change is lost where its watch has ended. What is on the disk then comes into force at the next restart, unannounced.`,
		fix: 'Rename a file inside the directory, which makes containerd read it, or restart containerd: its pods go on running.',
		doc: docs.containerdConfig,
		run: facts => otherInMemory(subjectOf(facts)),
	},
	{
		id: 'config-owner',
		title: 'a change of the config by hand would stay',
		why: 'Most network add-ons write their config file again: at each start of their pod, or at once. A change on the node then works until the next restart, which may be months later and at night. So it has to be made at the source, and this says where that is.',
		fix: "Change the network add-on's ConfigMap or Helm value, or upgrade it. Weave Net and kube-router write their file only where it is absent: there the file itself is changed.",
		doc: docs.networkPlugins,
		run: facts => rewritten(subjectOf(facts)),
	},
];

/** Owners whose files are there without anybody having chosen them for pods. */
const incidental: readonly string[] = ['cri-o-sample', 'podman', 'containerd-template', 'hand'];

function foreignFirst(subject: Subject): readonly Outcome[] {
	const {load, active, facts} = subject;
	const [first] = active;
	if (isUnknown(load) || first === undefined) {
		return [];
	}

	const winner = ownerOf(first, facts);
	const loser = load.shadowed
		.map(path => listAt(subject, path))
		.flatMap(list => {
			const owner = list === undefined ? undefined : ownerOf(list, facts);
			return list !== undefined && owner !== undefined && !incidental.includes(owner.id) ? [{list, owner}] : [];
		})
		.at(0);
	if (loser === undefined || winner?.id === loser.owner.id) {
		return [];
	}

	const isIncidental = winner === undefined || incidental.includes(winner.id);
	return [
		{
			severity: isIncidental ? 'warning' : 'info',
			object: `file/${first.path}`,
			message: `it sorts before ${fileName(loser.list.path)} of ${loser.owner.title} and is the one in use${titleOf(winner)}`,
			expected: `${fileName(loser.list.path)} first, or one file`,
			effect: `Pods get network "${first.name ?? ''}" and not that of ${loser.owner.title}; where the other nodes use that, they do not reach each other.`,
			remedy: withCommands(
				`If ${loser.owner.title} is this cluster's network, take the other file away; else remove ${inLine(loser.list.path)}:`,
				[`mv ${shellWord(first.path)} /root/`],
			),
		},
	];
}

const titleOf = (owner: Owner | undefined) => (owner === undefined ? '' : `; it is by ${owner.title}`);

function listAt({facts: {configFiles}}: Subject, path: string): ConfigList | undefined {
	const file = isUnknown(configFiles) ? undefined : configFiles.find(file => file.path === path);
	const read = file === undefined ? undefined : readConfigList(file);
	return read !== undefined && 'list' in read ? read.list : undefined;
}

function hiddenInUse({active}: Subject): readonly Outcome[] {
	return active
		.filter(({path}) => fileName(path).startsWith('.'))
		.map(({path}) => ({
			severity: 'warning',
			object: `file/${path}`,
			message: 'the config in use is a hidden file',
			expected: 'a file that people see',
			effect: 'The runtime reads hidden files too, and this one sorts before all others.',
			remedy: withCommands('If it is a backup, take it out of the directory:', [`mv ${shellWord(path)} /root/`]),
		}));
}

function severalInUse({active, facts, runtime}: Subject): readonly Outcome[] {
	const {maxConfNum} = facts.runtime;
	return active.length < 2 || isUnknown(maxConfNum)
		? []
		: [
				{
					severity: 'info',
					object: `runtime/${runtime?.name ?? 'containerd'}`,
					message: `max_conf_num is ${maxConfNum}: pods get the networks of ${enumerate(active.map(({path}) => fileName(path)))}`,
					expected: 'that this is wanted',
					effect: 'Each of them has to work at each start and stop of a pod.',
					remedy: 'Nothing, if that is wanted; else set max_conf_num to 1 and restart containerd.',
				},
			];
}

function otherInMemory(subject: Subject): readonly Outcome[] {
	const {facts, load, active, runtime} = subject;
	const {networks} = facts.runtime;
	if (isUnknown(networks) || isUnknown(load) || runtime?.name !== 'containerd') {
		return [];
	}

	const disk = active.map((list): string => described({...networkOf(list, subject)}));
	const memory = networks.map(network => described(network));
	if (JSON.stringify(disk) === JSON.stringify(memory) || isLonger(subject, networks)) {
		return [];
	}

	const [first] = active;
	// Whole paths: a name may begin with a dash.
	const [file = '', copy = ''] = first === undefined ? [] : [shellWord(first.path), shellWord(`${first.path}.tmp`)];
	return [
		{
			severity: 'warning',
			object: `runtime/${runtime.name}`,
			message: `${runtimeTitle(runtime.name)} holds ${listed(memory)}; on the disk is ${listed(disk)}`,
			expected: 'the same in both',
			effect:
				'Pods get the network that the runtime holds. What is on the disk comes into force when it reads the directory again, at the latest at its next start.',
			remedy:
				first === undefined
					? 'Restore the config, or the runtime has no network after its next start.'
					: withCommands('Make it read the directory, by a rename inside it:', [`cp -p ${file} ${copy} && mv ${copy} ${file}`]),
		},
	];
}

/**
libcni 1.3.0 and later append the plugins of CONF_DIR/NAME/*.conf, which nobody collects: longer chains that begin as those on the disk are
no other configs.
*/
function isLonger(subject: Subject, networks: readonly LoadedNetwork[]): boolean {
	const {active, runtime} = subject;
	return (
		hasLibcni(runtime?.release, [1, 3, 0]) &&
		active.length === networks.length &&
		active.every((list, index) => {
			const held = networks[index];
			const onDisk = networkOf(list, subject);
			const types =
				list.loadOnlyInlinedPlugins || list.shape === 'single' ? held?.types : held?.types.slice(0, onDisk.types.length);
			return held !== undefined && types !== undefined && described({...held, types}) === described(onDisk);
		})
	);
}

function networkOf(list: ConfigList, {runtime}: Subject): LoadedNetwork {
	const {version, because} = effectiveVersion(list, runtime?.release);
	return {
		name: list.name ?? '',
		cniVersion: because === 'default' ? '' : version,
		types: list.plugins.flatMap(({type}) => type ?? []),
	};
}

function described({name, cniVersion, types}: LoadedNetwork): string {
	return `"${name}" ${cniVersion === '' ? 'without a version' : cniVersion} (${types.join(', ')})`;
}

const listed = (networks: readonly string[]) => (networks.length === 0 ? 'no network' : enumerate(networks));

const fates: Readonly<Record<Owner['rewrites'], string>> = {
	always: 'A change by hand does not stay.',
	'at-start': 'A change by hand does not stay.',
	'when-not-ready': 'A change by hand may not stay.',
	'with-package': 'A change by hand may not stay.',
	never: 'A change by hand stays.',
};

/** Where nobody rewrites the file there is nothing to say. */
function rewritten(subject: Subject): readonly Outcome[] {
	return subject.wanted.flatMap((list): readonly Outcome[] => {
		const owner = ownerOf(list, subject.facts);
		if (owner === undefined || owner.id === 'hand') {
			return [];
		}

		return [
			{
				severity: 'info',
				object: `file/${list.path}`,
				message: `${owner.title} writes it: ${owner.rewriting}`,
				expected: 'changes at their source',
				effect: `${fates[owner.rewrites]}${owner.note === undefined ? '' : ` ${owner.note}`}`,
				remedy: `To change it, ${owner.change(inLine(list.path))}`,
			},
		];
	});
}
