import type {Admission} from './admission.ts';
import {deleteObject, type Preconditions, requirePreconditions} from './deletion.ts';
import {newObject} from './new-object.ts';
import {type KubeObject, keyOf} from './objects.ts';
import type {RequestInfo} from './request-info.ts';
import type {Resource} from './resources.ts';
import {readSelectors} from './selector.ts';
import {negotiate, shapeList, shapeObject} from './shape.ts';
import {refuse} from './status.ts';
import type {Store} from './store.ts';

/** What a write works on and for whom. */
export type Write = {
	readonly store: Store;
	readonly admission: Admission;
	readonly info: RequestInfo;
	readonly row: Resource;
	readonly body: unknown;
	readonly accept: string | undefined;
	/** Adds a warning to the answer. */
	readonly warn: (text: string) => void;
};

/** POST: admits, and stores unless it is a dry run. */
export function answerCreate({store, admission, info, row, body, accept, warn}: Write): unknown {
	const shape = negotiate(accept, row);
	const isDryRun = readDryRun(info.query.getAll('dryRun'));
	const object = newObject(body, info, row);
	for (const warning of admission.admit(info, object)) {
		warn(warning);
	}

	if (store.has(row.resource, keyOf(object.metadata))) {
		throw refuse.alreadyExists({group: row.group, resource: row.resource, name: object.metadata.name});
	}

	return shapeObject(isDryRun ? unstored(object) : store.create(row.resource, object), shape, info);
}

/** DELETE of one object. Pods and namespaces answer with themselves, all else with a Status. */
export function answerDelete({store, info, row, body, accept}: Write): unknown {
	const shape = negotiate(accept, row);
	const options = readDeleteOptions(info, body);
	const object = store.get(row.resource, keyOf({namespace: row.namespaced ? info.namespace : undefined, name: info.name}));
	const subject = {group: row.group, resource: row.resource, name: info.name};
	if (object === undefined) {
		throw refuse.notFound(subject);
	}

	requirePreconditions(object, row, options.preconditions);
	const after = options.isDryRun ? object : deleteObject(store, row, object, options.gracePeriodSeconds);
	if (row.resource === 'pods' || row.resource === 'namespaces' || store.has(row.resource, keyOf(after.metadata))) {
		return shapeObject(after, shape, info);
	}

	const details = {name: info.name, ...(row.group !== '' && {group: row.group}), kind: row.resource, uid: object.metadata.uid};
	return {kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', details};
}

/** DELETE of a collection: everything that the selectors match, in one namespace. Answers with the list of what it deleted. */
export function answerDeleteCollection({store, info, row, body, accept}: Write): unknown {
	const shape = negotiate(accept, row);
	const options = readDeleteOptions(info, body);
	const matches = readSelectors(info.query, row.resource) ?? (() => true);
	const objects = store.list(row.resource, info.namespace).filter(object => matches(object));
	if (!options.isDryRun) {
		for (const object of objects) {
			deleteObject(store, row, object, options.gracePeriodSeconds);
		}
	}

	return shapeList(objects, shape, info, row, {resourceVersion: String(store.version)});
}

export type DeleteOptions = {
	readonly gracePeriodSeconds?: number;
	readonly preconditions?: Preconditions;
	readonly isDryRun: boolean;
};

/** `DeleteOptions` stand in the body, or in the query as far as that can say them. */
export function readDeleteOptions({query}: RequestInfo, body: unknown): DeleteOptions {
	const given = typeof body === 'object' && body !== null ? (body as Record<string, unknown>) : {};
	const policy = query.get('propagationPolicy') ?? given['propagationPolicy'] ?? 'Background';
	if (policy !== 'Background') {
		throw refuse.notImplemented(`deletion with propagationPolicy ${JSON.stringify(policy)}`);
	}

	const seconds = query.get('gracePeriodSeconds') ?? given['gracePeriodSeconds'];
	const preconditions = given['preconditions'] as DeleteOptions['preconditions'];
	return {
		isDryRun: readDryRun(query.has('dryRun') ? query.getAll('dryRun') : ((given['dryRun'] ?? []) as string[]), 'DeleteOptions'),
		...(seconds !== undefined && {gracePeriodSeconds: Number(seconds)}),
		...(preconditions && {preconditions}),
	};
}

export function readDryRun(
	values: readonly string[],
	options: 'CreateOptions' | 'DeleteOptions' | 'UpdateOptions' | 'PatchOptions' = 'CreateOptions',
): boolean {
	if (values.some(value => value !== 'All')) {
		throw refuse.invalid(
			{group: 'meta.k8s.io', kind: options},
			'',
			'dryRun',
			`Unsupported value: ${JSON.stringify(values)}: supported values: "All"`,
			'FieldValueNotSupported',
		);
	}

	return values.length > 0;
}

function unstored(object: KubeObject): KubeObject {
	const {resourceVersion: _none, ...metadata} = object.metadata;
	return {...object, metadata: metadata as KubeObject['metadata']};
}
