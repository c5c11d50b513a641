import {randomBytes, randomUUID} from 'node:crypto';
import {type KubeObject, type ObjectMeta, type Pod, timestamp} from './objects.ts';
import type {RequestInfo} from './request-info.ts';
import type {Resource} from './resources.ts';
import {refuse} from './status.ts';
import {validate} from './validate.ts';

/** Makes a new object from a request's body: validated, with the server's defaults and metadata; not yet stored. */
export function newObject(body: unknown, info: RequestInfo, row: Resource): KubeObject {
	const object = completedObject(body, info, row);
	validate(object, row);
	return object;
}

function completedObject(body: unknown, info: RequestInfo, row: Resource): KubeObject {
	const given = readObject(body, row);
	const generateName = stringOf(given.metadata['generateName']);
	const name = stringOf(given.metadata['name']) ?? (generateName === undefined ? undefined : generateName + suffix());
	if (name === undefined) {
		throw refuse.invalid(row.kind, '', 'metadata.name', 'Required value: name or generateName is required', 'FieldValueRequired');
	}

	validateName(name, row);
	validateLabels(given.metadata['labels'], name, row);
	const namespace = stringOf(given.metadata['namespace']);
	if (row.namespaced && namespace !== undefined && namespace !== info.namespace) {
		throw refuse.badRequest('the namespace of the provided object does not match the namespace sent on the request');
	}

	const metadata: ObjectMeta = {
		...(given.metadata as Partial<ObjectMeta>),
		name,
		...(row.namespaced && {namespace: info.namespace}),
		uid: randomUUID(),
		resourceVersion: '',
		creationTimestamp: timestamp(),
	};
	const object: KubeObject = {
		kind: row.kind,
		apiVersion: row.group === '' ? row.version : `${row.group}/${row.version}`,
		...given.rest,
		metadata,
	};
	switch (row.resource) {
		case 'pods':
			return newPod(object);
		case 'namespaces':
			return completedNamespace(object);
		case 'poddisruptionbudgets':
			return {
				...object,
				metadata: {...metadata, generation: 1},
				status: {disruptionsAllowed: 0, currentHealthy: 0, desiredHealthy: 0, expectedPods: 0},
			};
		default:
			return object;
	}
}

/** A namespace that is there from the start. */
export function newNamespace(name: string, labels: Readonly<Record<string, string>>): KubeObject {
	const metadata = {
		name,
		uid: randomUUID(),
		resourceVersion: '',
		creationTimestamp: timestamp(Date.now() - 400 * 86_400_000),
		labels,
	};
	return completedNamespace({kind: 'Namespace', apiVersion: 'v1', metadata});
}

function completedNamespace(object: KubeObject): KubeObject {
	const {metadata} = object;
	return {
		...object,
		metadata: {...metadata, labels: {...metadata.labels, 'kubernetes.io/metadata.name': metadata.name}},
		spec: {finalizers: ['kubernetes']},
		status: {phase: 'Active'},
	};
}

function readObject(
	body: unknown,
	row: Resource,
): {metadata: Readonly<Record<string, unknown>>; rest: Readonly<Record<string, unknown>>} {
	if (!isRecord(body)) {
		throw refuse.badRequest(`the object provided is unrecognized (must be of type ${row.kind})`);
	}

	const {metadata = {}, kind = row.kind, apiVersion = 'v1', status: _status, ...rest} = body;
	const expected = row.group === '' ? row.version : `${row.group}/${row.version}`;
	if (kind !== row.kind || (body['apiVersion'] !== undefined && apiVersion !== expected)) {
		throw refuse.badRequest(
			`${String(kind)} in version "${String(apiVersion)}" cannot be handled as a ${row.kind}: converting (${String(apiVersion)}.${String(kind)}) to (core.${row.kind}): unknown conversion`,
		);
	}

	return {metadata: isRecord(metadata) ? metadata : {}, rest};
}

const subdomain = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const labelName = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;

function validateName(name: string, {kind, resource}: Resource): void {
	if (resource === 'namespaces' ? !labelName.test(name) || name.length > 63 : !subdomain.test(name) || name.length > 253) {
		const why =
			resource === 'namespaces'
				? "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character"
				: "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character";
		throw refuse.invalid(kind, name, 'metadata.name', `Invalid value: "${name}": ${why}`);
	}
}

const labelValue = /^([A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?)?$/;

export function validateLabels(labels: unknown, name: string, {kind}: Resource): void {
	for (const value of Object.values(isRecord(labels) ? labels : {})) {
		if (typeof value !== 'string') {
			throw refuse.badRequest(
				`${kind} in version "v1" cannot be handled as a ${kind}: json: cannot unmarshal ${typeof value} into Go struct field ObjectMeta.metadata.labels of type string`,
			);
		}

		if (!labelValue.test(value)) {
			throw refuse.invalid(
				kind,
				name,
				'metadata.labels',
				`Invalid value: "${value}": a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character`,
			);
		}

		if (value.length > 63) {
			throw refuse.invalid(kind, name, 'metadata.labels', `Invalid value: "${value}": must be no more than 63 bytes`);
		}
	}
}

/** The fields without which nothing can be run, and the defaults that the kubelet reads. */
function newPod(object: KubeObject): Pod {
	const {name} = object.metadata;
	const spec = isRecord(object['spec']) ? object['spec'] : {};
	const containers = Array.isArray(spec['containers']) ? (spec['containers'] as Pod['spec']['containers']) : [];
	if (containers.length === 0) {
		throw refuse.invalid('Pod', name, 'spec.containers', 'Required value', 'FieldValueRequired');
	}

	const volumes = (spec['volumes'] ?? []) as NonNullable<Pod['spec']['volumes']>;
	for (const [index, {name: container, image, command = [], args = [], volumeMounts = []}] of containers.entries()) {
		const path = `spec.containers[${index}]`;
		if (typeof container !== 'string' || !labelName.test(container)) {
			throw refuse.invalid(
				'Pod',
				name,
				`${path}.name`,
				`Invalid value: "${container}": a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character`,
			);
		}

		if (typeof image !== 'string' || image === '' || image.trim() !== image) {
			throw refuse.invalid('Pod', name, `${path}.image`, 'Required value', 'FieldValueRequired');
		}

		if ([...command, ...args].some(word => typeof word !== 'string')) {
			throw refuse.badRequest(
				'Pod in version "v1" cannot be handled as a Pod: json: cannot unmarshal into Go struct field Container.spec.containers.command of type string',
			);
		}

		for (const [mountIndex, mount] of volumeMounts.entries()) {
			if (!volumes.some(volume => volume.name === mount.name)) {
				throw refuse.invalid(
					'Pod',
					name,
					`${path}.volumeMounts[${mountIndex}].name`,
					`Not found: "${mount.name}"`,
					'FieldValueNotFound',
				);
			}
		}
	}

	return {
		...object,
		spec: {
			restartPolicy: 'Always',
			terminationGracePeriodSeconds: 30,
			dnsPolicy: 'ClusterFirst',
			serviceAccountName: 'default',
			securityContext: {},
			schedulerName: 'default-scheduler',
			enableServiceLinks: true,
			...spec,
			containers: containers.map(container => ({
				terminationMessagePath: '/dev/termination-log',
				terminationMessagePolicy: 'File',
				imagePullPolicy: /:latest$|^[^:@]+$|^[^@]+\/[^:@]+$/.test(container.image) ? 'Always' : 'IfNotPresent',
				...container,
			})),
		},
		status: {phase: 'Pending', qosClass: 'BestEffort'},
	};
}

/** As the API server's own: no vowels, so that no words come out. */
function suffix(): string {
	const alphabet = 'bcdfghjklmnpqrstvwxz2456789';
	return [...randomBytes(5)].map(byte => alphabet[byte % alphabet.length]).join('');
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
	return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function stringOf(value: unknown): string | undefined {
	return typeof value === 'string' && value !== '' ? value : undefined;
}
