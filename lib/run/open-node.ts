import type {Clock} from '../clock.ts';
import type {Api} from '../cluster/api.ts';
import {findNodes, type NodeRow} from '../cluster/nodes.ts';
import type {FleetSsh} from '../collect/fleet-options.ts';
import {type SshNode, sshNodeOf} from '../collect/ssh-place.ts';
import {exitCode, messageOf, UserError} from '../errors.ts';
import type {NodeShell} from '../transport/node-shell.ts';
import {openPodShell} from '../transport/open-pod.ts';
import {openSshShell} from '../transport/open-ssh.ts';
import type {ProbeTarget} from '../transport/transport.ts';

type Way = 'auto' | 'pod' | 'ssh';

export type OpenNodeOptions = {
	readonly api: Api;
	readonly via: Way;
	readonly ssh: FleetSsh;
	readonly namespace: string;
	readonly image: string | undefined;
	readonly pullSecret: string | undefined;
	readonly run: string;
	/** Seconds after which a pod of ours ends, whatever became of us. */
	readonly deadlineSeconds: number;
	readonly clock: Clock;
	readonly signal: AbortSignal;
	readonly onNotice: (message: string) => void;
};

/** A node as a run needs it: what the API calls it, and how it is reached. */
export type FoundNode = {
	readonly name: string;
	readonly uid: string;
	readonly isControlPlane: boolean;
	readonly target: ProbeTarget;
	readonly ssh: SshNode;
};

/** The node of a name; a `UserError` that names near ones where there is none. */
export async function findNode(api: Api, name: string, signal: AbortSignal): Promise<FoundNode> {
	const [row] = await findNodes(api, {names: [name], detail: 'metadata', signal});
	if (row === undefined || row.uid === undefined) {
		throw new UserError(`node/${name} was not found, or the API server gave it no uid`, {
			remedy: 'See which there are: kubectl get nodes',
		});
	}

	return foundNode(row, row.uid);
}

export function foundNode(row: NodeRow, uid: string): FoundNode {
	const labels = row.labels ?? {};
	return {
		name: row.name,
		uid,
		isControlPlane: ['control-plane', 'master'].some(role => Object.hasOwn(labels, `node-role.kubernetes.io/${role}`)),
		ssh: sshNodeOf(row),
		target: {
			node: row.name,
			uid,
			arch: labels['kubernetes.io/arch'] ?? '',
			osImage: row.osImage,
			kubeletVersion: row.version,
			runtime: row.runtime,
			notReady: !row.status.split(',').includes('Ready'),
		},
	};
}

/** Opens a shell on the node. `auto`: by pod, and where no pod gets there by SSH, if that is set up for it. */
export async function openNode(node: FoundNode, options: OpenNodeOptions): Promise<NodeShell> {
	const {via, ssh, signal} = options;
	if (via === 'ssh') {
		return bySsh(node, options);
	}

	try {
		return await openPodShell({...options, target: node.target});
	} catch (error) {
		signal.throwIfAborted();
		if (via === 'pod' || (!ssh.isAsked && !(await ssh.open()).isConfigured(node.name))) {
			throw error;
		}

		options.onNotice(`node/${node.name} is reached by SSH, since a pod did not get there: ${messageOf(error)}`);
		return bySsh(node, options);
	}
}

async function bySsh(node: FoundNode, {api, ssh, clock, signal}: OpenNodeOptions): Promise<NodeShell> {
	const {reach, sudo, placeOf} = await ssh.open();
	const place = placeOf(node.ssh);
	if ('unknown' in place) {
		throw new UserError(`node/${node.name} cannot be reached by SSH: ${place.unknown}`, {exitCode: exitCode.blocked});
	}

	return openSshShell({api, reach, node: node.ssh, host: place.host, sudo, clock, signal});
}
