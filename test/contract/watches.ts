import type {Case} from './contract.ts';
import {accept, configMap, paths} from './objects.ts';
import type {Json, PlainClient} from './plain-client.ts';

/** Reads a watch until it has so many events, bookmarks left out. */
async function events(
	client: PlainClient,
	path: string,
	query: Readonly<Record<string, string | number | boolean>>,
	count: number,
): Promise<readonly Json[]> {
	const found: Json[] = [];
	for await (const event of client.lines(path, {query: {watch: true, timeoutSeconds: 20, ...query}})) {
		if (event.type !== 'BOOKMARK') {
			found.push(event);
		}

		if (found.length === count) {
			break;
		}
	}

	return found;
}

const shown = ({type, object}: Json) => `${type} ${object.metadata.name}`;

export const watchContract: readonly Case[] = [
	{
		title: 'a watch goes on from a version: what came before is not told, what came after is, in order',
		async run(t, {client, namespace}) {
			const path = paths.configMaps(namespace);
			await client.call('POST', path, {body: configMap('before', {watched: 'yes'})});
			const {resourceVersion} = (await client.call('GET', path)).json.metadata;
			await client.call('POST', path, {body: configMap('one', {watched: 'yes'})});
			await client.call('POST', path, {body: configMap('other')});
			await client.call('POST', path, {body: configMap('two', {watched: 'yes'})});
			await client.call('DELETE', `${path}/one`);
			const labelSelector = 'watched=yes';
			const all = await events(client, path, {resourceVersion, labelSelector}, 3);
			t.deepEqual(
				all.map(event => shown(event)),
				['ADDED one', 'ADDED two', 'DELETED one'],
			);
			const rest = await events(client, path, {resourceVersion: all[0].object.metadata.resourceVersion, labelSelector}, 2);
			t.deepEqual(
				rest.map(event => shown(event)),
				['ADDED two', 'DELETED one'],
			);
		},
	},
	{
		title: 'a watch without a version begins with all that is there',
		async run(t, {client, namespace}) {
			const path = paths.configMaps(namespace);
			await client.call('POST', path, {body: configMap('one', {watched: 'yes'})});
			const [first] = await events(client, path, {labelSelector: 'watched'}, 1);
			t.is(shown(first), 'ADDED one');
		},
	},
	{
		title: 'a watch tells what happens while it is open',
		async run(t, {client, namespace}) {
			const path = paths.configMaps(namespace);
			const {resourceVersion} = (await client.call('GET', path)).json.metadata;
			const watching = events(client, path, {resourceVersion, labelSelector: 'live'}, 2);
			await client.call('POST', path, {body: configMap('now', {live: 'yes'})});
			await client.call('DELETE', `${path}/now`);
			t.deepEqual(
				(await watching).map(event => shown(event)),
				['ADDED now', 'DELETED now'],
			);
		},
	},
	{
		title: 'a watch ends by itself after its timeout, with a bookmark where they were asked for',
		async run(t, {client, namespace}) {
			const path = paths.configMaps(namespace);
			const {resourceVersion} = (await client.call('GET', path)).json.metadata;
			const types = new Set<string>();
			for await (const {type, object} of client.lines(path, {
				query: {watch: true, resourceVersion, timeoutSeconds: 1, allowWatchBookmarks: true, labelSelector: 'nothing'},
			})) {
				types.add(type);
				t.true(Number(object.metadata.resourceVersion) >= Number(resourceVersion));
			}

			// A real server sends a bookmark each minute and may end a short watch without one.
			types.delete('BOOKMARK');
			t.deepEqual([...types], []);
		},
	},
	{
		title: 'a watch from before a compaction is told 410 in an ERROR event',
		compacts: true,
		async run(t, {client, namespace, compact}) {
			if (compact === undefined) {
				t.pass('history cannot be compacted here');
				return;
			}

			const path = paths.configMaps(namespace);
			const {resourceVersion} = (await client.call('GET', path)).json.metadata;
			await client.call('POST', path, {body: configMap('one')});
			await compact();
			const [event] = await events(client, path, {resourceVersion}, 1);
			t.is(event.type, 'ERROR');
			t.like(event.object, {kind: 'Status', code: 410, reason: 'Expired'});
		},
	},
	{
		title: 'a watch shows metadata alone where that is asked for',
		async run(t, {client, namespace}) {
			const path = paths.configMaps(namespace);
			await client.call('POST', path, {body: configMap('one', {watched: 'yes'}, {key: 'value'})});
			for await (const {object} of client.lines(path, {
				accept: accept.metadata,
				query: {watch: true, labelSelector: 'watched', timeoutSeconds: 20},
			})) {
				t.is(object.kind, 'PartialObjectMetadata');
				t.is(object.data, undefined);
				break;
			}
		},
	},
];
