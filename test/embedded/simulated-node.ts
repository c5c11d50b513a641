import type {Machine} from './machine/machine.ts';
import type {Node} from './objects.ts';

/** A node of the embedded cluster: its object, and what its kubelet does with the pods that are bound to it. */
export type SimulatedNode = {
	readonly object: Node;
	readonly answers: NodeAnswers;
	/** Whether images that the node does not hold can be pulled; default true. Every pull is counted. */
	readonly registry?: boolean;
	readonly faults?: readonly NodeFault[];
	/** How long pods take to end, within their grace periods; default 0. */
	readonly terminationSeconds?: number;
};

/** Where a container's result comes from. */
export type NodeAnswers =
	/** The container's own command is run against a directory tree. */
	| {readonly mode: 'tree'; readonly tree: NodeTree; readonly machine?: Machine}
	/** Handed out at once, for fleets too large to run. */
	| {readonly mode: 'recorded'; readonly answer: RecordedAnswer};

/** Where a node's tree and the commands that are on its PATH were planted. */
export type NodeTree = {
	/** Absolute: the node's root. */
	readonly root: string;
	/** Absolute directories with the stand-ins of this node and the tools of this machine. */
	readonly path: readonly string[];
	/** What runs in place of the node's /bin/sh. */
	readonly shell: string;
	/** For the stand-ins. */
	readonly environment: Readonly<Record<string, string>>;
};

/** The termination message for one probe, or the whole end of the container. */
export type RecordedAnswer = (probe: {
	readonly node: string;
	readonly run: string;
	readonly uid: string;
}) => string | ContainerEnd;

/** How a container ended. */
export type ContainerEnd = {
	readonly exitCode: number;
	/** As the container wrote it; the kubelet keeps the last 4,096 bytes. */
	message: string | Buffer;
	/** Standard output and error. */
	log?: string | Buffer;
	readonly reason?: string;
};

/** What goes wrong on a node. The first that applies is taken; `times` counts pods, and all are struck where it is left out. */
export type NodeFault = {readonly times?: number} /** The kubelet does nothing: no status, no deletion. */ & (
	| {readonly kind: 'silent'}
	/** The image cannot be pulled, though the node may hold it. */
	| {readonly kind: 'image-pull'; readonly message?: string}
	/** The pod fails before it runs: Evicted, OutOfpods, NodeShutdown, UnexpectedAdmissionError. */
	| {readonly kind: 'pod-failed'; readonly reason: string; readonly message: string}
	| {readonly kind: 'oom-killed'}
	/** The runtime could not start the container; the message is its own. */
	| {readonly kind: 'start-error'; readonly message: string}
	/** A waiting reason that never ends, such as CreateContainerError. */
	| {readonly kind: 'waiting'; readonly reason: string; readonly message: string}
	/** Changes the message on its way to the API server: cut, emptied, garbled, replayed. */
	| {readonly kind: 'message'; readonly change: (message: string) => string}
	/** Changes the log too. */
	| {readonly kind: 'log'; readonly change: (log: string) => string}
	/** Its kubelet sends logs without end, whatever limit was asked for; or one byte, and then nothing more. */
	| {readonly kind: 'endless-log' | 'mute-log'}
	| {readonly kind: 'slow'; readonly ms: number}
	/** It starts and never ends, until its deadline or its deletion. */
	| {readonly kind: 'hangs'}
);
