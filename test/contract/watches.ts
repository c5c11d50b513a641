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
		title: 'a watch from before all that is remembered is told 410 in an ERROR event, and ends',
		compacts: true,
		async run(t, {client, namespace, compact}) {
			// Of Events, API servers keep no changes of their own: what etcd has forgotten is gone.
			const path = paths.events(namespace);
			await compact?.();
			const all = await events(client, path, {resourceVersion: 1, timeoutSeconds: 2}, 2);
			if (compact === undefined && all.length === 0) {
				t.pass('its history was not yet compacted, and cannot be here');
				return;
			}

			t.is(all.length, 1);
			t.is(all[0].type, 'ERROR');
			t.like(all[0].object, {kind: 'Status', status: 'Failure', code: 410, reason: 'Expired'});
			t.regex(
				all[0].object.message,
				/^(too old resource version: 1 \(\d+\)|The resourceVersion for the provided watch is too old\.)$/,
			);
		},
	},
	{
		title: 'a list at a version that has not been is refused with a cause, or waited for in vain',
		reads: true,
		async run(t, {client, namespace}) {
			const {json} = await client.call('GET', paths.configMaps(namespace));
			const resourceVersion = Number(json.metadata.resourceVersion) + 1_000_000;
			const {status, json: refused} = await client.call('GET', paths.configMaps(namespace), {query: {resourceVersion}});
			t.is(status, 504);
			t.like(refused, {
				reason: 'Timeout',
				details: {causes: [{reason: 'ResourceVersionTooLarge', message: 'Too large resource version'}]},
			});
			t.regex(refused.message, /^Timeout: Too large resource version: \d+, current: \d+$/);
		},
	},
	{
		title: 'a version that is no number is 400 for a list, and 500 without a reason for a watch',
		reads: true,
		async run(t, {client, namespace}) {
			const text = 'resourceVersion: Invalid value: "x": strconv.ParseUint: parsing "x": invalid syntax';
			const path = paths.configMaps(namespace);
			const list = await client.call('GET', path, {query: {resourceVersion: 'x'}});
			t.is(list.status, 400);
			t.like(list.json, {reason: 'BadRequest', message: `invalid resource version: ${text}`});
			const watch = await client.call('GET', path, {query: {resourceVersion: 'x', watch: true, timeoutSeconds: 1}});
			t.is(watch.status, 500);
			t.is(watch.json.message, text);
			t.is(watch.json.reason, undefined);
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
