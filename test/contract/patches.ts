import type {Case} from './contract.ts';
import {configMap, eventually, patches, paths} from './objects.ts';
import type {Json} from './plain-client.ts';

const merge = {headers: {'content-type': patches.merge}};
const strategic = {headers: {'content-type': patches.strategic}};

export const patchContract: readonly Case[] = [
	{
		title: 'a merge patch changes what it names and removes what it says is null',
		async run(t, {client, namespace}) {
			const path = `${paths.configMaps(namespace)}/patched`;
			const {json: made} = await client.call('POST', paths.configMaps(namespace), {
				body: configMap('patched', {kept: 'yes', gone: 'yes'}, {a: '1', b: '2'}),
			});
			const body = {metadata: {labels: {gone: null}, annotations: {note: 'here'}}, data: {b: '3'}};
			const {status, json} = await client.call('PATCH', path, {...merge, body});
			t.is(status, 200);
			t.deepEqual(json.metadata.labels, {kept: 'yes'});
			t.deepEqual(json.metadata.annotations, {note: 'here'});
			t.deepEqual(json.data, {a: '1', b: '3'});
			t.is(json.metadata.uid, made.metadata.uid);
			t.not(json.metadata.resourceVersion, made.metadata.resourceVersion);
			const again = await client.call('PATCH', path, {...merge, body});
			t.is(again.json.metadata.resourceVersion, json.metadata.resourceVersion, 'a patch that changes nothing writes nothing');
		},
	},
	{
		title: 'a patch with an old version is 409, with another uid 422, with another name 400, of nothing 404',
		async run(t, {client, namespace}) {
			const path = `${paths.configMaps(namespace)}/seen`;
			const {json: made} = await client.call('POST', paths.configMaps(namespace), {body: configMap('seen')});
			const {resourceVersion, uid} = made.metadata;
			await client.call('PATCH', path, {...merge, body: {data: {a: '1'}}});
			const late = await client.call('PATCH', path, {...merge, body: {metadata: {resourceVersion}, data: {a: '2'}}});
			t.is(late.status, 409);
			t.is(
				late.json.message,
				'Operation cannot be fulfilled on configmaps "seen": the object has been modified; please apply your changes to the latest version and try again',
			);
			const other = await client.call('PATCH', path, {...merge, body: {metadata: {uid: 'other'}}});
			t.is(other.status, 422);
			t.true(other.json.message.includes('metadata.uid: Invalid value: "other": field is immutable'));
			t.is((await client.call('PATCH', path, {...merge, body: {metadata: {uid}}})).status, 200);
			const renamed = await client.call('PATCH', path, {...merge, body: {metadata: {name: 'renamed'}}});
			t.is(renamed.status, 400);
			t.is(renamed.json.message, 'the name of the object (renamed) does not match the name on the URL (seen)');
			const missing = await client.call('PATCH', `${paths.configMaps(namespace)}/nothing`, {...merge, body: {}});
			t.is(missing.status, 404);
			t.is(missing.json.message, 'configmaps "nothing" not found');
		},
	},
	{
		title: 'a dry run of a patch answers with what would be, and leaves what is',
		async run(t, {client, namespace}) {
			const path = `${paths.configMaps(namespace)}/kept`;
			await client.call('POST', paths.configMaps(namespace), {body: configMap('kept', {}, {a: '1'})});
			const {status, json} = await client.call('PATCH', path, {...merge, query: {dryRun: 'All'}, body: {data: {a: '2'}}});
			t.is(status, 200);
			t.deepEqual(json.data, {a: '2'});
			t.deepEqual((await client.call('GET', path)).json.data, {a: '1'});
		},
	},
	{
		title: 'a dry run of a deletion deletes nothing',
		async run(t, {client, namespace}) {
			const path = `${paths.configMaps(namespace)}/kept`;
			await client.call('POST', paths.configMaps(namespace), {body: configMap('kept')});
			t.is((await client.call('DELETE', path, {query: {dryRun: 'All'}})).status, 200);
			t.is((await client.call('DELETE', path, {body: {dryRun: ['All']}})).status, 200);
			t.is(
				(await client.call('DELETE', paths.configMaps(namespace), {query: {dryRun: 'All', labelSelector: '!no'}})).status,
				200,
			);
			t.is((await client.call('GET', path)).status, 200);
		},
	},
	{
		title: 'plain JSON is no patch: 415',
		async run(t, {client, namespace}) {
			const path = `${paths.configMaps(namespace)}/plain`;
			await client.call('POST', paths.configMaps(namespace), {body: configMap('plain')});
			const {status, json} = await client.call('PATCH', path, {body: {data: {a: '1'}}});
			t.is(status, 415);
			t.is(json.reason, 'UnsupportedMediaType');
		},
	},
	{
		title: 'a node is cordoned and uncordoned by a patch, and its taint follows',
		async run(t, {client, node}) {
			const path = `/api/v1/nodes/${node}`;
			const isTainted = async () => {
				const {spec} = (await client.call('GET', path)).json;
				return (spec.taints ?? []).some(({key}: Json) => key === 'node.kubernetes.io/unschedulable');
			};
			try {
				const {status, json} = await client.call('PATCH', path, {...strategic, body: {spec: {unschedulable: true}}});
				t.is(status, 200);
				t.is(json.spec.unschedulable, true);
				t.true(await eventually(isTainted));
				const rehearsed = await client.call('PATCH', path, {
					...strategic,
					query: {dryRun: 'All'},
					body: {spec: {unschedulable: null}},
				});
				t.is(rehearsed.json.spec.unschedulable, undefined);
				t.is((await client.call('GET', path)).json.spec.unschedulable, true);
			} finally {
				await client.call('PATCH', path, {...strategic, body: {spec: {unschedulable: null}}});
			}

			t.true(await eventually(async () => !(await isTainted())));
		},
	},
	{
		title:
			'a node takes annotations, refuses a version that is old and a uid that is not its own, and keeps its status from a patch of itself',
		async run(t, {client, node}) {
			const path = `/api/v1/nodes/${node}`;
			const annotation = 'cni-upgrade.test/note';
			const before = (await client.call('GET', path)).json;
			const {json} = await client.call('PATCH', path, {
				...merge,
				body: {metadata: {annotations: {[annotation]: 'here'}}, status: {nodeInfo: {osImage: 'Other'}}},
			});
			t.is(json.metadata.annotations[annotation], 'here');
			t.is(json.status.nodeInfo.osImage, before.status.nodeInfo.osImage);
			const {status} = await client.call('PATCH', path, {
				...merge,
				body: {metadata: {resourceVersion: '1', annotations: {[annotation]: 'late'}}},
			});
			t.is(status, 409);
			const other = await client.call('PATCH', path, {
				...merge,
				body: {metadata: {uid: '11111111-1111-1111-1111-111111111111', annotations: {[annotation]: 'other'}}},
			});
			t.is(other.status, 422);
			t.true(
				other.json.message.includes('metadata.uid: Invalid value: "11111111-1111-1111-1111-111111111111": field is immutable'),
			);
			const body = {metadata: {uid: before.metadata.uid, annotations: {[annotation]: null}}};
			t.is((await client.call('PATCH', path, {...merge, body})).status, 200);
			t.is((await client.call('GET', path)).json.metadata.annotations?.[annotation], undefined);
		},
	},
	{
		title: 'a finalizer holds what is deleted until it is taken off',
		async run(t, {client, namespace}) {
			const path = `${paths.configMaps(namespace)}/held`;
			const body = configMap('held');
			const metadata = {...body.metadata, finalizers: ['cni-upgrade.test/hold']};
			await client.call('POST', paths.configMaps(namespace), {body: {...body, metadata}});
			const {status, json} = await client.call('DELETE', path);
			t.is(status, 200);
			t.is(json.kind, 'ConfigMap');
			t.truthy(json.metadata.deletionTimestamp);
			t.truthy((await client.call('GET', path)).json.metadata.deletionTimestamp);
			await client.call('PATCH', path, {...merge, body: {metadata: {finalizers: null}}});
			t.is((await client.call('GET', path)).status, 404);
		},
	},
];
