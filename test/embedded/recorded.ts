import {spawn} from 'node:child_process';
import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {checksum} from '../../lib/node-script/checksum.ts';
import {collectScript} from '../../lib/node-script/script.ts';
import type {NodeSetup} from './embedded-cluster.ts';
import {type HeldImage, heldImage} from './images.ts';
import {commonImages, nodeObject} from './node-object.ts';
import {configNewerThanPlugins, healthyNode, versionMissingOnNewContainerd} from './scenarios.ts';
import type {RecordedAnswer} from './simulated-node.ts';
import {mustInterpretPlugins, plantTools, plantTree, treeEnvironment} from './tree.ts';

export type RecordedFleetOptions = {
	readonly nodes: number;
	/** How many of each hundred have a kubelet that does nothing; default 0. */
	readonly silentPercent?: number;
	/** Images on each node; default 50, as many as a kubelet reports. */
	readonly images?: number;
};

/**
A fleet that answers at once with what the real script said in three trees, each answer framed anew for its run and node:
of ten nodes seven are healthy, two have a config newer than their plugins, one has no version in its config.
*/
export async function recordedFleet({
	nodes,
	silentPercent = 0,
	images = 50,
}: RecordedFleetOptions): Promise<readonly NodeSetup[]> {
	const [healthy, newer, missing] = await recordAnswers([
		healthyNode(),
		configNewerThanPlugins(),
		versionMissingOnNewContainerd(),
	]);
	const held = manyImages(images);
	return Array.from({length: nodes}, (_, index): NodeSetup => {
		const kind = index % 10;
		const answer = kind < 7 ? healthy : kind < 9 ? newer : missing;
		if (answer === undefined) {
			throw new Error('a recorded answer is missing');
		}

		const isSilent = index % 100 < silentPercent;
		const object = nodeObject({
			name: `node-${String(index + 1).padStart(5, '0')}`,
			address: `10.${20 + (index >> 16)}.${(index >> 8) & 255}.${index & 255}`,
			osImage: 'Debian GNU/Linux 12 (bookworm)',
			kernel: '6.1.0-28-amd64',
			kubelet: 'v1.34.2',
			runtime: kind === 9 ? 'containerd://1.7.28' : 'containerd://1.7.24',
			images: held,
			...(isSilent && {ready: 'Unknown' as const}),
			labels: {
				'topology.kubernetes.io/zone': `zone-${(index % 3) + 1}`,
				'node.kubernetes.io/instance-type': 'm5.xlarge',
				pool: `pool-${(index % 8) + 1}`,
			},
			annotations: {'cluster.x-k8s.io/machine': `machine-${index}`, 'projectcalico.org/IPv4Address': `10.0.0.${index & 255}/24`},
		});
		return {object, host: {kind: 'recorded', answer}, ...(isSilent && {faults: [{kind: 'silent'}]})};
	});
}

/** Runs the real script once in the tree of each node, and gives back functions that frame what it said for any run and node. */
export async function recordAnswers(setups: readonly NodeSetup[]): Promise<readonly RecordedAnswer[]> {
	const directory = mkdtempSync(join(tmpdir(), 'cni-upgrade-recorded-'));
	try {
		const tools = plantTools(join(directory, 'tools'));
		return await Promise.all(
			setups.map(async ({object, host}) => {
				if (host.kind !== 'tree') {
					throw new Error('only a node with a tree can be recorded');
				}

				const tree = plantTree({
					directory: join(directory, object.metadata.name),
					files: host.files,
					commands: host.commands,
					tools,
					shell: '/bin/sh',
					interpretPlugins: mustInterpretPlugins,
				});
				const {encoding, payload} = parts(await runScript({...treeEnvironment(tree), CNI_UPGRADE_ROOT: tree.root}));
				return ({run, uid}: {readonly run: string; readonly uid: string}) => frame({run, uid, encoding, payload});
			}),
		);
	} finally {
		rmSync(directory, {recursive: true, force: true});
	}
}

/** A framed answer as collect.sh writes it. */
export function frame({
	run,
	uid,
	encoding,
	payload,
}: {
	readonly run: string;
	readonly uid: string;
	readonly encoding: string;
	readonly payload: string;
}): string {
	const header = `1 ${run} ${uid} ${encoding} ${Buffer.byteLength(payload)}`;
	return `#cni-upgrade BEGIN ${run}\n${payload}#cni-upgrade END ${header} ${checksum(Buffer.from(`${header}\n${payload}`))}\n`;
}

function parts(answer: string): {encoding: string; payload: string} {
	const groups =
		/^#cni-upgrade BEGIN recording0\n(?<payload>[\s\S]*)#cni-upgrade END 1 recording0 nobody (?<encoding>\S+) \d+ \d+\n$/.exec(
			answer,
		)?.groups;
	if (groups === undefined) {
		throw new Error(`collect.sh gave no frame: ${answer}`);
	}

	return {encoding: groups['encoding'] ?? '', payload: groups['payload'] ?? ''};
}

async function runScript(env: Readonly<Record<string, string>>): Promise<string> {
	const child = spawn('/bin/sh', ['-s', '--', 'recording0', 'nobody'], {env, stdio: ['pipe', 'pipe', 'inherit']});
	const chunks: Buffer[] = [];
	child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
	child.stdin.end(collectScript());
	await new Promise((resolve, reject) => {
		child.once('error', reject).once('close', resolve);
	});
	return Buffer.concat(chunks).toString('latin1');
}

/** One list for all nodes: it is large, and each kubelet of a fleet holds the same. */
function manyImages(count: number): readonly HeldImage[] {
	const more = Array.from({length: Math.max(0, count - commonImages.length)}, (_, index) =>
		heldImage(`registry.example.com/team-${index % 7}/service-${index}:v1.${index}.0`, 40 + index),
	);
	return [...more.reverse(), ...commonImages];
}
