import {isDeepStrictEqual} from 'node:util';
import {deleteObject} from './deletion.ts';
import {newObject, validateLabels} from './new-object.ts';
import {type KubeObject, keyOf} from './objects.ts';
import {applyPatch} from './patch.ts';
import {negotiate, shapeObject} from './shape.ts';
import {refuse} from './status.ts';
import {validate} from './validate.ts';
import {readDryRun, type Write} from './writes.ts';

/** PUT of one object or of its status; 201 where that made it. */
export function answerUpdate(write: Write): {readonly code: 200 | 201; readonly body: unknown} {
	const {store, admission, info, row, body, accept} = write;
	const shape = negotiate(accept, row);
	const given = body as KubeObject | undefined;
	if (given?.metadata?.name !== info.name) {
		throw otherName(given?.metadata?.name ?? '', info.name);
	}

	const current = find(write);
	if (current !== undefined) {
		return {code: 200, body: shapeObject(replace(write, current, given), shape, info)};
	}

	if (row.createOnUpdate !== true || info.subresource !== '') {
		throw refuse.notFound({group: row.group, resource: row.resource, name: info.name});
	}

	const {uid = ''} = given.metadata as {readonly uid?: string};
	if (uid !== '') {
		const key = `/registry/${row.resource}/${info.namespace}/${info.name}`;
		throw refuse.conflict(
			{group: row.group, resource: row.resource, name: info.name},
			`StorageError: invalid object, Code: 4, Key: ${key}, ResourceVersion: 0, AdditionalErrorMsg: Precondition failed: UID in precondition: ${uid}, UID in object meta: `,
		);
	}

	const object = newObject(body, info, row);
	admission.admit(info, object);
	return {
		code: 201,
		body: shapeObject(readDryRun(info.query.getAll('dryRun')) ? object : store.create(row.resource, object), shape, info),
	};
}

/** PATCH of one object or of its status. */
export function answerPatch(write: Write, contentType: string): unknown {
	const {info, row, body, accept} = write;
	const shape = negotiate(accept, row);
	const current = find(write);
	const subject = {group: row.group, resource: row.resource, name: info.name};
	if (current === undefined) {
		throw refuse.notFound(subject);
	}

	const patched = applyPatch(current, body, contentType);
	if (patched.metadata.name !== info.name) {
		throw otherName(patched.metadata.name, info.name);
	}

	return shapeObject(replace(write, current, patched), shape, info);
}

function find({store, info, row}: Write): KubeObject | undefined {
	return store.get(row.resource, keyOf({namespace: row.namespaced ? info.namespace : undefined, name: info.name}));
}

function otherName(name: string, wanted: string) {
	return refuse.badRequest(`the name of the object (${name}) does not match the name on the URL (${wanted})`);
}

/** Puts an object in the place of another one, as far as a client may; what only the server writes stays. */
function replace({store, info, row}: Write, current: KubeObject, given: KubeObject): KubeObject {
	const subject = {group: row.group, resource: row.resource, name: info.name};
	// What a client sends may leave both out.
	const sent = given.metadata as {readonly resourceVersion?: string; readonly uid?: string};
	const {resourceVersion = '', uid = ''} = sent;
	if (resourceVersion === '' && row.unconditionalUpdate !== true) {
		throw refuse.invalid(
			{group: row.group, kind: row.resource},
			info.name,
			'metadata.resourceVersion',
			'Invalid value: 0: must be specified for an update',
		);
	}

	if (uid !== '' && uid !== current.metadata.uid) {
		throw info.verb === 'update'
			? refuse.conflict(subject, `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${current.metadata.uid}`)
			: refuse.invalid(row, info.name, 'metadata.uid', `Invalid value: "${uid}": field is immutable`);
	}

	if (resourceVersion !== '' && resourceVersion !== current.metadata.resourceVersion) {
		throw refuse.conflict(subject, 'the object has been modified; please apply your changes to the latest version and try again');
	}

	const next = info.subresource === 'status' ? {...current, status: given['status']} : updated(current, given);
	validateLabels(next.metadata.labels, info.name, row);
	validate(next, row);
	refuseSpecChange(current, next, row.resource);
	const isDryRun = readDryRun(info.query.getAll('dryRun'), info.verb === 'patch' ? 'PatchOptions' : 'UpdateOptions');
	if (isDryRun || isDeepStrictEqual(next, current)) {
		return next;
	}

	const stored = store.update(row.resource, keyOf(current.metadata), () => next) ?? next;
	const isFree = (stored.metadata.finalizers ?? []).length === 0;
	const mayGo = isFree && row.resource !== 'namespaces' && (stored.metadata.deletionGracePeriodSeconds ?? 0) === 0;
	return stored.metadata.deletionTimestamp !== undefined && mayGo ? deleteObject(store, row, stored, 0) : stored;
}

function updated(current: KubeObject, given: KubeObject): KubeObject {
	const {labels, annotations, ownerReferences, finalizers} = given.metadata;
	const {
		labels: _labels,
		annotations: _annotations,
		ownerReferences: _owners,
		finalizers: _finalizers,
		...kept
	} = current.metadata;
	const isChanged = kept.generation !== undefined && !isDeepStrictEqual(given['spec'], current['spec']);
	return {
		...given,
		kind: current.kind,
		apiVersion: current.apiVersion,
		metadata: {
			...kept,
			...(isChanged && {generation: (kept.generation ?? 0) + 1}),
			...(labels && {labels}),
			...(annotations && {annotations}),
			...(ownerReferences && {ownerReferences}),
			...(finalizers && {finalizers}),
		},
		...(current['status'] !== undefined && {status: current['status']}),
	};
}

/** Which parts of a spec may be changed is a long story; what is told here is cordoning. */
const changeable: Readonly<Record<string, readonly string[]>> = {nodes: ['unschedulable', 'taints'], pods: [], namespaces: []};

function refuseSpecChange(current: KubeObject, next: KubeObject, resource: string): void {
	const allowed = changeable[resource];
	const [before, after] = [current, next].map(({spec}) => (spec ?? {}) as Readonly<Record<string, unknown>>);
	const changed = Object.keys({...before, ...after}).filter(field => !isDeepStrictEqual(before?.[field], after?.[field]));
	const other = changed.find(field => allowed?.includes(field) === false);
	if (other !== undefined) {
		throw refuse.notImplemented(`changes of spec.${other} of ${resource}`);
	}
}
