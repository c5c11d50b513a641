import type {Api} from './api.ts';
import {ApiError} from './errors.ts';
import {asText, field, type JsonObject} from './json.ts';
import {stringMap} from './node-rows.ts';
import {oneKind} from './paging.ts';

/** A Lease as it was seen. What others wrote into it is text of theirs. */
export type Lease = LeaseRef & {
	readonly uid: string;
	readonly resourceVersion: string;
	/** Empty where nobody holds it. */
	readonly holder: string;
	/** Undefined where that is not said. */
	readonly durationSeconds: number | undefined;
	/** As written, by the holder's own clock. */
	readonly acquireTime: string;
	readonly renewTime: string;
	readonly transitions: number;
	readonly annotations: Readonly<Record<string, string>>;
};

export type LeaseRef = {readonly namespace: string; readonly name: string};

/** What a holder writes. */
export type NewLease = LeaseRef & {
	readonly holder: string;
	readonly durationSeconds: number;
	/** Milliseconds since 1970. */
	readonly acquired: number;
	readonly renewed: number;
	readonly transitions: number;
	readonly annotations: Readonly<Record<string, string>>;
	/** The object with which it goes. */
	readonly owner?: {readonly apiVersion: string; readonly kind: string; readonly name: string; readonly uid: string} | undefined;
};

/** How a write is sent: `tries` and `timeout` as of any request. */
export type LeaseWrite = {readonly tries?: number; readonly timeout?: number; readonly signal: AbortSignal};

/** Undefined where there is none. */
export async function getLease(api: Api, {namespace, name}: LeaseRef, write: LeaseWrite): Promise<Lease | undefined> {
	try {
		const {json} = await api.request({path: leasePath(namespace, name), ...write});
		return leaseOf(oneKind(api, json, ['Lease']));
	} catch (error) {
		if (error instanceof ApiError && error.status === 404) {
			return undefined;
		}

		throw error;
	}
}

/** Undefined where there is one already, perhaps made by a try of ours whose answer was lost. */
export async function createLease(api: Api, lease: NewLease, write: LeaseWrite): Promise<Lease | undefined> {
	return unlessConflict(async () => {
		const {json} = await api.request({
			method: 'POST',
			path: leasePath(lease.namespace),
			body: bodyOf(lease),
			idempotent: true,
			...write,
		});
		return leaseOf(oneKind(api, json, ['Lease']));
	});
}

/** Puts another in the place of the one that was seen. Undefined where that one has changed, perhaps by a try of ours whose answer was lost. */
export async function replaceLease(api: Api, seen: Lease, lease: NewLease, write: LeaseWrite): Promise<Lease | undefined> {
	return unlessConflict(async () => {
		const {json} = await api.request({
			method: 'PUT',
			path: leasePath(seen.namespace, seen.name),
			body: bodyOf(lease, seen),
			...write,
		});
		return leaseOf(oneKind(api, json, ['Lease']));
	});
}

/** Deletes it as it was seen; one that is gone or has changed is let alone, and that is fine. */
export async function deleteLease(api: Api, {namespace, name, uid, resourceVersion}: Lease, write: LeaseWrite): Promise<void> {
	try {
		const body = {apiVersion: 'v1', kind: 'DeleteOptions', preconditions: {uid, resourceVersion}};
		await api.request({method: 'DELETE', path: leasePath(namespace, name), body, ...write});
	} catch (error) {
		if (!(error instanceof ApiError && [404, 409].includes(error.status))) {
			throw error;
		}
	}
}

async function unlessConflict(send: () => Promise<Lease>): Promise<Lease | undefined> {
	try {
		return await send();
	} catch (error) {
		if (error instanceof ApiError && error.status === 409) {
			return undefined;
		}

		throw error;
	}
}

function leasePath(namespace: string, name?: string): string {
	const path = `/apis/coordination.k8s.io/v1/namespaces/${encodeURIComponent(namespace)}/leases`;
	return name === undefined ? path : `${path}/${encodeURIComponent(name)}`;
}

function bodyOf(lease: NewLease, seen?: Lease) {
	const {namespace, name, annotations, owner} = lease;
	return {
		apiVersion: 'coordination.k8s.io/v1',
		kind: 'Lease',
		metadata: {
			namespace,
			name,
			annotations,
			// With its uid one that was deleted meanwhile is a conflict; by its version alone it would be made anew.
			...(seen && {resourceVersion: seen.resourceVersion, uid: seen.uid}),
			...(owner && {ownerReferences: [owner]}),
		},
		spec: {
			holderIdentity: lease.holder,
			leaseDurationSeconds: lease.durationSeconds,
			acquireTime: microTime(lease.acquired),
			renewTime: microTime(lease.renewed),
			leaseTransitions: lease.transitions,
		},
	};
}

/** Six digits after the second, which the server insists on (kubernetes/apimachinery, pkg/apis/meta/v1/micro_time.go, v1.36). */
function microTime(ms: number): string {
	return new Date(ms).toISOString().replace('Z', '000Z');
}

function leaseOf(lease: JsonObject): Lease {
	const metadata = field(lease, 'metadata');
	const spec = field(lease, 'spec');
	const duration = field(spec, 'leaseDurationSeconds');
	const transitions = field(spec, 'leaseTransitions');
	return {
		namespace: asText(field(metadata, 'namespace')),
		name: asText(field(metadata, 'name')),
		uid: asText(field(metadata, 'uid')),
		resourceVersion: asText(field(metadata, 'resourceVersion')),
		holder: asText(field(spec, 'holderIdentity')),
		durationSeconds: typeof duration === 'number' ? duration : undefined,
		acquireTime: asText(field(spec, 'acquireTime')),
		renewTime: asText(field(spec, 'renewTime')),
		transitions: typeof transitions === 'number' ? transitions : 0,
		annotations: stringMap(field(metadata, 'annotations')),
	};
}
