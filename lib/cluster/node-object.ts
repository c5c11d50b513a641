import {asList, asText, field, textOrUndefined} from './json.ts';

/** One node whole, as far as an upgrade reads it. */
export type NodeObject = {
	readonly name: string;
	readonly uid: string;
	readonly resourceVersion: string;
	/** It is being deleted. */
	readonly isLeaving: boolean;
	readonly unschedulable: boolean;
	readonly taints: readonly {readonly key: string; readonly value: string; readonly effect: string}[];
	readonly podCIDRs: readonly string[];
	readonly labels: Readonly<Record<string, string>>;
	readonly annotations: Readonly<Record<string, string>>;
	readonly conditions: readonly NodeCondition[];
	/** Of the boot in which its kubelet last started (`/proc/sys/kernel/random/boot_id`). */
	readonly bootId: string | undefined;
};

/** @public */
export type NodeCondition = {
	/** Such as `Ready`. */
	readonly type: string;
	readonly status: 'True' | 'False' | 'Unknown';
	readonly reason: string;
	readonly message: string;
	/** RFC 3339, whole seconds by the kubelet's clock; empty where it never said anything. */
	readonly lastHeartbeatTime: string;
	readonly lastTransitionTime: string;
};

/** Reads a Node; nothing about its shape is certain. */
export function nodeObjectOf(node: unknown): NodeObject {
	const metadata = field(node, 'metadata');
	const spec = field(node, 'spec');
	const cidrs = asList(field(spec, 'podCIDRs')).map(asText);
	const cidr = textOrUndefined(field(spec, 'podCIDR'));
	return {
		name: asText(field(metadata, 'name')),
		uid: asText(field(metadata, 'uid')),
		resourceVersion: asText(field(metadata, 'resourceVersion')),
		isLeaving: field(metadata, 'deletionTimestamp') !== undefined,
		unschedulable: field(spec, 'unschedulable') === true,
		taints: asList(field(spec, 'taints')).map(taint => ({
			key: asText(field(taint, 'key')),
			value: asText(field(taint, 'value')),
			effect: asText(field(taint, 'effect')),
		})),
		podCIDRs: cidrs.length === 0 && cidr !== undefined ? [cidr] : cidrs,
		labels: texts(field(metadata, 'labels')),
		annotations: texts(field(metadata, 'annotations')),
		conditions: asList(field(node, 'status', 'conditions')).map(conditionOf),
		bootId: textOrUndefined(field(node, 'status', 'nodeInfo', 'bootID')),
	};
}

function conditionOf(condition: unknown): NodeCondition {
	const status = field(condition, 'status');
	return {
		type: asText(field(condition, 'type')),
		status: status === 'True' || status === 'False' ? status : 'Unknown',
		reason: asText(field(condition, 'reason')),
		message: asText(field(condition, 'message')),
		lastHeartbeatTime: asText(field(condition, 'lastHeartbeatTime')),
		lastTransitionTime: asText(field(condition, 'lastTransitionTime')),
	};
}

/** Whole, however long: what is read of them is ours. */
function texts(value: unknown): Readonly<Record<string, string>> {
	return Object.fromEntries(
		Object.entries(typeof value === 'object' && value !== null ? value : {}).filter(
			(entry): entry is [string, string] => typeof entry[1] === 'string',
		),
	);
}
