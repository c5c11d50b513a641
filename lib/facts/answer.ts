import {configFilesOf} from './answer-configs.ts';
import {pluginsOf} from './answer-plugins.ts';
import {known, type Records, readRecords} from './answer-records.ts';
import {runtimeOf} from './answer-runtime.ts';
import {journalOf, leasesOf, sandboxesOf} from './answer-state.ts';
import {type NodeFacts, unknownNodeHalf} from './node-facts.ts';
import {isUnknown, type Known} from './unknown.ts';

/** All that a node says of itself. */
export type NodeHalf = Omit<NodeFacts, 'apiVersion' | 'kind' | 'via' | 'collectedAt' | 'node'> & {readonly host: HostFacts};

/** Which machine answered. */
type HostFacts = {
	readonly hostname: Known<string>;
	readonly bootId: Known<string>;
	readonly osImage: Known<string>;
	readonly kernel: Known<string>;
	/** As Kubernetes writes it. */
	readonly arch: Known<string>;
};

/**
Reads the records that collect.sh wrote (its head documents them). They come from a node and may be anything: never throws, bounded, and
what is missing or malformed is unknown.
*/
export function parseAnswer(text: string): NodeHalf {
	const records = readRecords(text);
	const host = hostOf(records);
	const [missing] = records.of('missing')[0] ?? [];
	if (missing !== undefined) {
		return {...unknownNodeHalf(`${missing} is not on the node`), host};
	}

	const runtime = runtimeOf(records);
	return {
		host,
		runtime,
		configFiles: configFilesOf(records, runtime.confDirs),
		plugins: pluginsOf(records, runtime.binDirs),
		sandboxes: sandboxesOf(records),
		journal: journalOf(records),
		leases: leasesOf(records),
	};
}

/** ELF's e_machine as its two bytes stand in the file, and the name that Kubernetes has for it. */
const machines: Readonly<Record<string, string>> = {
	'3e00': 'amd64',
	b700: 'arm64',
	'2800': 'arm',
	'0300': '386',
	'1500': 'ppc64le',
	'0016': 's390x',
	f300: 'riscv64',
	'0201': 'loong64',
};

function hostOf(records: Records): HostFacts {
	const said = (key: string): Known<string> => known(records.at('host', key)?.[0]);
	const machine = said('machine');
	return {
		hostname: said('hostname'),
		bootId: said('boot-id'),
		osImage: said('os-image'),
		kernel: said('kernel'),
		arch: isUnknown(machine)
			? machine
			: ((Object.hasOwn(machines, machine) ? machines[machine] : undefined) ?? {unknown: 'its machine is not known'}),
	};
}
