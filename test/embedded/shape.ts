import type {KubeObject} from './objects.ts';
import type {RequestInfo} from './request-info.ts';
import type {Resource} from './resources.ts';
import {refuse} from './status.ts';
import {tableOf} from './table.ts';

/** In which form an answer is sent: as it is, metadata alone, or a table for people. */
export type Shape = 'object' | 'metadata' | 'table';

/** The list's own metadata. */
export type ListMeta = {readonly resourceVersion: string; readonly continue?: string; readonly remainingItemCount?: number};

/** Takes the first media range of `Accept` that this resource can be had as; throws 406 where there is none. */
export function negotiate(accept: string | undefined, row: Resource): Shape {
	for (const range of (accept ?? '*/*').split(',')) {
		const [type = '', ...parameters] = range.split(';').map(part => part.trim());
		if (!['application/json', 'application/*', '*/*'].includes(type)) {
			continue;
		}

		const as = parameters.find(parameter => parameter.startsWith('as='))?.slice(3);
		if (as === undefined) {
			return 'object';
		}

		const current = parameters.includes('g=meta.k8s.io') && parameters.includes('v=v1');
		const shape = as === 'Table' ? 'table' : /^PartialObjectMetadata(List)?$/.test(as) ? 'metadata' : undefined;
		if (current && shape !== undefined && row.shapes.includes(shape)) {
			return shape;
		}
	}

	throw refuse.notAcceptable();
}

/** One object in the form that was asked for. */
export function shapeObject(object: KubeObject, shape: Shape, info: RequestInfo): unknown {
	if (shape === 'table') {
		return tableOf([object], info, {resourceVersion: object.metadata.resourceVersion});
	}

	return shape === 'metadata' ? metadataOf(object) : object;
}

/** A list in the form that was asked for. */
export function shapeList(
	objects: readonly KubeObject[],
	shape: Shape,
	info: RequestInfo,
	row: Resource,
	metadata: ListMeta,
): unknown {
	if (shape === 'table') {
		return tableOf(objects, info, metadata);
	}

	if (shape === 'metadata') {
		return {
			kind: 'PartialObjectMetadataList',
			apiVersion: 'meta.k8s.io/v1',
			metadata,
			items: objects.map(object => metadataOf(object)),
		};
	}

	// Items of a list do not repeat kind and apiVersion.
	const items = objects.map(({kind: _kind, apiVersion: _apiVersion, ...rest}) => rest);
	return {kind: `${row.kind}List`, apiVersion: row.group === '' ? row.version : `${row.group}/${row.version}`, metadata, items};
}

function metadataOf({metadata}: KubeObject) {
	return {kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata};
}
