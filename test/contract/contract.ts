import type {ExecutionContext} from 'ava';
import {accessContract} from './access.ts';
import {listContract} from './lists.ts';
import type {PlainClient} from './plain-client.ts';
import {podContract} from './pods.ts';
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
	readonly run: (t: ExecutionContext, server: Server) => Promise<void>;
};

export const contract: readonly Case[] = [...listContract, ...watchContract, ...writeContract, ...podContract, ...accessContract];
