import {randomUUID} from 'node:crypto';
import type {Clock} from '../clock.ts';
import type {Api} from '../cluster/api.ts';
import type {NodeRef} from '../cluster/nodes-write.ts';
import {messageOf} from '../errors.ts';
import {HeldLease} from './held-lease.ts';
import {leaseNameOf} from './lease-name.ts';
import {type TakeLease, takeLease} from './take-lease.ts';

export type AcquireLock = {
	readonly node: NodeRef & {
		/** It takes a second lock, which all control-plane nodes share: one of them at a time. */
		readonly isControlPlane: boolean;
	};
	/** `USER@HOST`. */
	readonly holder: string;
	readonly run: string;
	readonly clock: Clock;
	/** For the acquiring; the lock is held until it is released. */
	readonly signal: AbortSignal;
	readonly onNotice: (message: string) => void;
	/** What tells this process from another one of the same run. */
	readonly token?: string;
};

export type Lock = {
	/** Aborts where the lock may be somebody else's from now on: with a `UserError` that says why. Nothing is to be done after that. */
	readonly lost: AbortSignal;
	/** Gives it up, within a deadline of its own; what cannot be given up runs out by itself. Never rejects. */
	readonly release: () => Promise<void>;
};

/** Where the kubelets' own leases are: everybody who may see nodes can see it, and it is in every cluster. */
const namespace = 'kube-node-lease';

/**
Takes the lock of a node, so that of two people one goes on. Rejects with `LockHeld` where somebody else has it and was seen to be alive. A
lock whose holder is not heard of is watched for as long as it lasts, by our own clock that is never set, and then taken over: two clocks are
never compared.
*/
export async function acquireLock(api: Api, options: AcquireLock): Promise<Lock> {
	const {node, holder, run, clock, token = randomUUID(), onNotice} = options;
	const owner = {apiVersion: 'v1', kind: 'Node', name: node.name, uid: node.uid};
	const base = {...options, token, namespace, identity: `${holder.slice(0, 150)}/${run}`, subject: `node/${node.name}`};
	const wanted: readonly TakeLease[] = [
		{...base, name: leaseNameOf(node.name), isShared: false, owner},
		...(node.isControlPlane
			? [{...base, name: 'cni-upgrade-control-plane', isShared: true, subject: 'another control-plane node'}]
			: []),
	];
	const held: HeldLease[] = [];
	// Always in this order, so that two who want the same two never each have one.
	try {
		for (const wish of wanted) {
			held.push(new HeldLease(api, wish, await takeLease(api, wish), clock));
		}
	} catch (error) {
		await releaseAll(held, onNotice);
		throw error;
	}

	return {
		lost: AbortSignal.any(held.map(({lost}) => lost)),
		release: async () => releaseAll(held, onNotice),
	};
}

async function releaseAll(held: readonly HeldLease[], onNotice: (message: string) => void): Promise<void> {
	for (const lease of held.toReversed()) {
		await lease.release().catch((error: unknown) => {
			onNotice(`lease/${lease.name} in namespace/${namespace} could not be removed and runs out by itself: ${messageOf(error)}`);
		});
	}
}
