import {asList, asText, field} from '../cluster/json.ts';
import {stringMap} from '../cluster/node-rows.ts';

/** Which pod is meant: one of the same name with another uid is another pod. */
export type PodRef = {readonly namespace: string; readonly name: string; readonly uid: string};

/** A pod, as far as draining its node looks at it. */
export type DrainPod = PodRef & {
	readonly nodeName: string;
	readonly phase: string;
	readonly labels: Readonly<Record<string, string>>;
	/** It shows a static pod, which only its kubelet can end. */
	readonly isMirror: boolean;
	/** The owner that makes another one in its place. */
	readonly controller: {readonly apiVersion: string; readonly kind: string; readonly name: string} | undefined;
	readonly hasEmptyDir: boolean;
	readonly finalizers: readonly string[];
	/** Undefined: nobody deleted it yet. */
	readonly deletion: Deletion | undefined;
};

type Deletion = {
	/** Milliseconds since 1970 by the server's clock: when its grace period ends. NaN where the server says no time. */
	readonly at: number;
	readonly graceSeconds: number;
};

/** RFC 1123, as every name of a pod is: what is not is never put into a path. */
const dnsName = /^(?=.{1,253}$)[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/;

/** Undefined where it is no pod that one could name. */
export function readPod(value: unknown): DrainPod | undefined {
	const metadata = field(value, 'metadata');
	const spec = field(value, 'spec');
	const ref = refOf(metadata);
	if (!dnsName.test(ref.name) || !dnsName.test(ref.namespace) || ref.uid === '') {
		return undefined;
	}

	return {
		...ref,
		nodeName: asText(field(spec, 'nodeName')),
		phase: asText(field(value, 'status', 'phase')),
		labels: stringMap(field(metadata, 'labels')),
		isMirror: field(metadata, 'annotations', 'kubernetes.io/config.mirror') !== undefined,
		controller: controllerOf(metadata),
		hasEmptyDir: asList(field(spec, 'volumes')).some(volume => {
			const source = field(volume, 'emptyDir');
			return source !== undefined && source !== null;
		}),
		finalizers: asList(field(metadata, 'finalizers')).map(asText),
		deletion: deletionOf(metadata),
	};
}

/** `NAMESPACE/NAME`. */
export function keyOfPod({namespace, name}: Omit<PodRef, 'uid'>): string {
	return `${namespace}/${name}`;
}

/** Only what says which pod it is. */
export function toRef({namespace, name, uid}: PodRef): PodRef {
	return {namespace, name, uid};
}

function refOf(metadata: unknown): PodRef {
	return {
		namespace: asText(field(metadata, 'namespace')),
		name: asText(field(metadata, 'name')),
		uid: asText(field(metadata, 'uid')),
	};
}

function controllerOf(metadata: unknown): DrainPod['controller'] {
	const owner = asList(field(metadata, 'ownerReferences')).find(owner => field(owner, 'controller') === true);
	return owner === undefined
		? undefined
		: {
				apiVersion: asText(field(owner, 'apiVersion')),
				kind: asText(field(owner, 'kind')),
				name: asText(field(owner, 'name')),
			};
}

function deletionOf(metadata: unknown): Deletion | undefined {
	const time = asText(field(metadata, 'deletionTimestamp'));
	const grace = field(metadata, 'deletionGracePeriodSeconds');
	return time === ''
		? undefined
		: {at: Date.parse(time), graceSeconds: typeof grace === 'number' && Number.isFinite(grace) ? grace : 0};
}
