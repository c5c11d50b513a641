import type {ExecutionContext} from 'ava';
import {accessContract} from './access.ts';
import {eventContract} from './events.ts';
import {evictionContract} from './evictions.ts';
import {execContract} from './exec.ts';
import {leaseContract} from './leases.ts';
import {listContract} from './lists.ts';
import {logContract} from './logs.ts';
import {namespaceContract} from './namespaces.ts';
import {patchContract} from './patches.ts';
import type {PlainClient} from './plain-client.ts';
import {podSecurityContract} from './pod-security.ts';
import {podContract} from './pods.ts';
import {refusalContract} from './refusals.ts';
import {watchContract} from './watches.ts';
import {writeContract} from './writes.ts';

/** What a case has to work with: an API server and one node that runs pods. */
export type Server = {
	/** May do everything. */
	readonly client: PlainClient;
	/** A namespace of its own for each case, without a Pod Security label. */
	readonly namespace: string;
	/** A node that is Ready. */
	readonly node: string;
	/** An image with /bin/sh, awk and printf that this node holds. */
	readonly image: string;
	/** Somebody new, who may do no more than these rules say. */
	readonly userWith: (rules: readonly ContractRule[]) => Promise<{readonly name: string; readonly client: PlainClient}>;
	/** Forgets the history of changes; undefined where that cannot be brought about. */
	readonly compact: (() => Promise<void>) | undefined;
};

export type ContractRule = {
	readonly verbs: readonly string[];
	readonly apiGroups?: readonly string[];
	readonly resources: readonly string[];
	/** Left out: everywhere. */
	readonly namespaces?: readonly string[];
};

/** What our client counts on, of an API server and a kubelet. Every case holds on the embedded cluster and on a real one. */
export type Case = {
	readonly title: string;
	/** It forgets the history of the whole cluster: no other case may run beside it. */
	readonly compacts?: true;
	/** It changes nothing, and so may run on anybody's cluster. */
	readonly reads?: true;
	/** What else than an API server has to be there. */
	readonly needs?: 'kubelet';
	readonly run: (t: ExecutionContext, server: Server) => Promise<void>;
};

export const contract: readonly Case[] = [
	...listContract,
	...watchContract,
	...writeContract,
	...patchContract,
	...namespaceContract,
	...podContract,
	...logContract,
	...execContract,
	...evictionContract,
	...leaseContract,
	...eventContract,
	...podSecurityContract,
	...accessContract,
	...refusalContract,
];
