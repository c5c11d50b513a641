import type {Api} from './api.ts';
import {asText, field} from './json.ts';
import {stringMap} from './node-rows.ts';
import {listAll} from './paging.ts';

/** An object's metadata, as far as clean-up reads it. */
export type ObjectMetadata = {
	readonly namespace: string;
	readonly name: string;
	/** RFC 3339, by the server's clock. */
	readonly creationTimestamp: string;
	readonly labels: Readonly<Record<string, string>>;
};

/** Metadata of the objects that match, in one namespace or, where it is undefined, in all. */
export async function listMetadata(
	api: Api,
	{
		resource,
		namespace,
		labelSelector,
		signal,
	}: {
		readonly resource: 'pods' | 'configmaps';
		readonly namespace: string | undefined;
		readonly labelSelector: string;
		readonly signal: AbortSignal;
	},
): Promise<readonly ObjectMetadata[]> {
	const found: ObjectMetadata[] = [];
	const path =
		namespace === undefined ? `/api/v1/${resource}` : `/api/v1/namespaces/${encodeURIComponent(namespace)}/${resource}`;
	await listAll(
		api,
		{
			path,
			query: {labelSelector},
			accept: 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1',
			limit: 500,
			kinds: ['PartialObjectMetadataList'],
			signal,
			restart: () => found.splice(0),
		},
		items => {
			for (const item of items) {
				const metadata = field(item, 'metadata');
				found.push({
					namespace: asText(field(metadata, 'namespace')),
					name: asText(field(metadata, 'name')),
					creationTimestamp: asText(field(metadata, 'creationTimestamp')),
					labels: stringMap(field(metadata, 'labels')),
				});
			}
		},
	);
	return found;
}
