import type {Case} from './contract.ts';
import {accept, configMap, paths} from './objects.ts';

export const listContract: readonly Case[] = [
	{
		title: 'nodes come as a table without objects, in columns that are known by name',
		needs: 'kubelet',
		reads: true,
		async run(t, {client, node}) {
			const {json} = await client.call('GET', '/api/v1/nodes', {accept: accept.table, query: {includeObject: 'None'}});
			t.is(json.kind, 'Table');
			const columns = json.columnDefinitions.map(({name, priority}: {name: string; priority: number}) => `${name} ${priority}`);
			t.deepEqual(columns, [
				'Name 0',
				'Status 0',
				'Roles 0',
				'Age 0',
				'Version 0',
				'Internal-IP 1',
				'External-IP 1',
				'OS-Image 1',
				'Kernel-Version 1',
				'Container-Runtime 1',
			]);
			const row = json.rows.find(({cells}: {cells: string[]}) => cells[0] === node);
			t.is(row.object, null);
			const {nodeInfo} = (await client.call('GET', `/api/v1/nodes/${node}`)).json.status;
			t.deepEqual(
				[row.cells[1], row.cells[4], row.cells[7], row.cells[9]],
				['Ready', nodeInfo.kubeletVersion, nodeInfo.osImage, nodeInfo.containerRuntimeVersion],
			);
		},
	},
	{
		title: 'one node comes as a table too, with its metadata unless told otherwise',
		reads: true,
		async run(t, {client, node}) {
			const {json} = await client.call('GET', `/api/v1/nodes/${node}`, {accept: accept.table});
			t.is(json.rows.length, 1);
			t.is(json.rows[0].object.kind, 'PartialObjectMetadata');
			t.is(json.rows[0].object.metadata.name, node);
		},
	},
	{
		title: 'pages show the state of the first one and end without a continue token',
		async run(t, {client, namespace}) {
			const path = paths.configMaps(namespace);
			for (const name of ['c', 'a', 'e', 'b', 'd']) {
				await client.call('POST', path, {body: configMap(name, {paged: 'yes'})});
			}

			const query = {limit: 2, labelSelector: 'paged'};
			const first = (await client.call('GET', path, {query})).json;
			await client.call('POST', path, {body: configMap('bb', {paged: 'yes'})});
			const second = (await client.call('GET', path, {query: {...query, continue: first.metadata.continue}})).json;
			const third = (await client.call('GET', path, {query: {...query, continue: second.metadata.continue}})).json;
			const names = [first, second, third].map(({items}) => items.map(({metadata}: {metadata: {name: string}}) => metadata.name));
			t.deepEqual(names, [['a', 'b'], ['c', 'd'], ['e']]);
			t.is(third.metadata.continue ?? '', '');
			t.is(second.metadata.resourceVersion, first.metadata.resourceVersion);
		},
	},
	{
		title: 'a page says how many items remain where there is no selector',
		async run(t, {client, namespace}) {
			const path = paths.configMaps(namespace);
			for (const name of ['a', 'b', 'c']) {
				await client.call('POST', path, {body: configMap(name)});
			}

			const all = (await client.call('GET', path)).json.items.length;
			const {json} = await client.call('GET', path, {query: {limit: 1}});
			t.is(json.metadata.remainingItemCount, all - 1);
		},
	},
	{
		title: 'a continue token that was made up is a bad request',
		reads: true,
		async run(t, {client, namespace}) {
			const {status, json} = await client.call('GET', paths.configMaps(namespace), {query: {limit: 1, continue: 'nonsense'}});
			t.is(status, 400);
			t.is(json.reason, 'BadRequest');
		},
	},
	{
		title: 'a continue token from before a compaction is 410 Expired',
		compacts: true,
		async run(t, {client, namespace, compact}) {
			if (compact === undefined) {
				t.pass('history cannot be compacted here');
				return;
			}

			const path = paths.configMaps(namespace);
			await client.call('POST', path, {body: configMap('a')});
			await client.call('POST', path, {body: configMap('b')});
			const first = (await client.call('GET', path, {query: {limit: 1}})).json;
			await client.call('POST', path, {body: configMap('c')});
			await compact();
			const {status, json} = await client.call('GET', path, {query: {limit: 1, continue: first.metadata.continue}});
			t.is(status, 410);
			t.is(json.reason, 'Expired');
			t.regex(json.message, /^The provided continue parameter is too old/);
		},
	},
	{
		title: 'label selectors know sets, equality and existence',
		async run(t, {client, namespace}) {
			const path = paths.configMaps(namespace);
			await client.call('POST', path, {body: configMap('one', {probe: '1', own: 'yes'})});
			await client.call('POST', path, {body: configMap('two', {probe: '2', own: 'yes', odd: ''})});
			await client.call('POST', path, {body: configMap('three', {probe: '3', own: 'yes'})});
			const named = async (labelSelector: string) => {
				const {json} = await client.call('GET', path, {query: {labelSelector}});
				return json.items.map(({metadata}: {metadata: {name: string}}) => metadata.name);
			};

			t.deepEqual(await named('probe in (1,3)'), ['one', 'three']);
			t.deepEqual(await named('own=yes,probe notin (1, 2)'), ['three']);
			t.deepEqual(await named('own==yes,probe!=1'), ['three', 'two']);
			t.deepEqual(await named('own,!odd'), ['one', 'three']);
			t.deepEqual(await named('odd='), ['two']);
			t.is((await client.call('GET', path, {query: {labelSelector: 'a in (b'}})).status, 400);
		},
	},
	{
		title: 'field selectors know the name, and refuse a field that is none',
		reads: true,
		async run(t, {client, namespace, node}) {
			const {json} = await client.call('GET', '/api/v1/nodes', {query: {fieldSelector: `metadata.name=${node}`}});
			t.is(json.items.length, 1);
			const refused = await client.call('GET', paths.pods(namespace), {query: {fieldSelector: 'spec.colour=blue'}});
			t.is(refused.status, 400);
			t.regex(refused.json.message, /field label not supported: spec\.colour/);
		},
	},
	{
		title: 'lists come as metadata alone',
		reads: true,
		async run(t, {client, node}) {
			const {json} = await client.call('GET', '/api/v1/nodes', {accept: accept.metadataList, query: {limit: 500}});
			t.is(json.kind, 'PartialObjectMetadataList');
			const item = json.items.find(({metadata}: {metadata: {name: string}}) => metadata.name === node);
			t.truthy(item.metadata.uid);
			t.is(item.status, undefined);
		},
	},
	{
		title: 'a form that is not to be had is 406 unless another one is accepted',
		reads: true,
		async run(t, {client, node}) {
			const path = `/api/v1/nodes/${node}`;
			t.is((await client.call('GET', path, {accept: 'text/html'})).status, 406);
			t.is((await client.call('GET', path, {accept: 'text/html, application/json'})).json.kind, 'Node');
		},
	},
	{
		title: 'what is not there is 404 with a Status that names it',
		reads: true,
		async run(t, {client, namespace}) {
			const {status, json} = await client.call('GET', `${paths.pods(namespace)}/nobody`);
			t.is(status, 404);
			t.like(json, {
				kind: 'Status',
				status: 'Failure',
				reason: 'NotFound',
				message: 'pods "nobody" not found',
				details: {name: 'nobody', kind: 'pods'},
				code: 404,
			});
			t.is((await client.call('GET', '/api/v1/widgets')).status, 404);
			t.is((await client.call('GET', '/apis/example.com/v1/widgets')).status, 404);
		},
	},
	{
		title: 'the server tells its version',
		reads: true,
		async run(t, {client}) {
			const {json} = await client.call('GET', '/version');
			t.regex(json.gitVersion, /^v1\.\d+\.\d+/);
		},
	},
];
