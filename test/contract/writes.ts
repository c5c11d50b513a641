import type {Case} from './contract.ts';
import {accept, configMap, eventually, paths, shellPod} from './objects.ts';

export const writeContract: readonly Case[] = [
	{
		title: 'a second object of the same name is 409 AlreadyExists',
		async run(t, {client, namespace}) {
			const path = paths.configMaps(namespace);
			t.is((await client.call('POST', path, {body: configMap('same')})).status, 201);
			const {status, json} = await client.call('POST', path, {body: configMap('same')});
			t.is(status, 409);
			t.like(json, {reason: 'AlreadyExists', message: 'configmaps "same" already exists'});
		},
	},
	{
		title: 'generateName makes a name',
		async run(t, {client, namespace}) {
			const {json} = await client.call('POST', paths.configMaps(namespace), {body: {metadata: {generateName: 'made-'}}});
			t.regex(json.metadata.name, /^made-[a-z0-9]{5}$/);
		},
	},
	{
		title: 'a name or label that is none is 422 Invalid',
		async run(t, {client, namespace}) {
			const path = paths.configMaps(namespace);
			const name = await client.call('POST', path, {body: configMap('No_Name')});
			t.is(name.status, 422);
			t.regex(
				name.json.message,
				/^ConfigMap "No_Name" is invalid: metadata\.name: Invalid value: "No_Name": a lowercase RFC 1123 subdomain must/,
			);
			const label = await client.call('POST', path, {body: configMap('fine', {run: 'x'.repeat(64)})});
			t.is(label.status, 422);
		},
	},
	{
		title: 'nothing can be made in a namespace that is not there',
		async run(t, {client}) {
			const {status, json} = await client.call('POST', paths.configMaps('nowhere'), {body: configMap('one')});
			t.is(status, 404);
			t.is(json.message, 'namespaces "nowhere" not found');
		},
	},
	{
		title: 'a new object is answered with its metadata alone where that is asked for',
		async run(t, server) {
			const {client, namespace} = server;
			const {status, json} = await client.call('POST', paths.pods(namespace), {
				accept: accept.metadata,
				body: shellPod(server, 'one', 'true'),
			});
			t.is(status, 201);
			t.is(json.kind, 'PartialObjectMetadata');
			t.truthy(json.metadata.resourceVersion);
			t.is(json.spec, undefined);
		},
	},
	{
		title: 'a dry run is admitted and leaves nothing',
		async run(t, server) {
			const {client, namespace} = server;
			const {status, json} = await client.call('POST', paths.pods(namespace), {
				query: {dryRun: 'All'},
				body: shellPod(server, 'rehearsal', 'true'),
			});
			t.is(status, 201);
			t.truthy(json.metadata.uid);
			t.is((await client.call('GET', `${paths.pods(namespace)}/rehearsal`)).status, 404);
		},
	},
	{
		title: 'a collection is deleted by a set of label values, and nothing else goes',
		async run(t, {client, namespace}) {
			const path = paths.configMaps(namespace);
			for (const probe of ['1', '2', '3', '4']) {
				await client.call('POST', path, {body: configMap(`probe-${probe}`, {probe})});
			}

			const {status} = await client.call('DELETE', path, {accept: accept.metadataList, query: {labelSelector: 'probe in (1,3)'}});
			t.is(status, 200);
			const left = (await client.call('GET', path, {query: {labelSelector: 'probe'}})).json.items;
			t.deepEqual(
				left.map(({metadata}: {metadata: {name: string}}) => metadata.name),
				['probe-2', 'probe-4'],
			);
		},
	},
	{
		title: 'an object of another uid is not deleted',
		async run(t, {client, namespace}) {
			const path = `${paths.configMaps(namespace)}/kept`;
			await client.call('POST', paths.configMaps(namespace), {body: configMap('kept')});
			const body = {apiVersion: 'v1', kind: 'DeleteOptions', preconditions: {uid: '00000000-0000-0000-0000-000000000000'}};
			const {status, json} = await client.call('DELETE', path, {body});
			t.is(status, 409);
			t.regex(
				json.message,
				/^Operation cannot be fulfilled on ConfigMap "kept": the UID in the precondition \(0[-0]+\) does not match the UID in record \([-0-9a-f]+\)\. The object might have been deleted and then recreated$/,
			);
			t.is((await client.call('GET', path)).status, 200);
		},
	},
	{
		title: 'what is owned goes with its owner',
		async run(t, {client, namespace}) {
			const path = paths.configMaps(namespace);
			const owner = (await client.call('POST', path, {body: configMap('owner')})).json;
			const ownerReferences = [{apiVersion: 'v1', kind: 'ConfigMap', name: 'owner', uid: owner.metadata.uid}];
			const owned = configMap('owned');
			await client.call('POST', path, {body: {...owned, metadata: {...owned.metadata, ownerReferences}}});
			t.is((await client.call('GET', `${path}/owned`)).status, 200);
			await client.call('DELETE', `${path}/owner`);
			t.true(await eventually(async () => (await client.call('GET', `${path}/owned`)).status === 404));
		},
	},
	{
		title: 'a pod that is owned is ended with its owner',
		needs: 'kubelet',
		async run(t, server) {
			const {client, namespace} = server;
			const owner = (await client.call('POST', paths.configMaps(namespace), {body: configMap('owner')})).json;
			const ownerReferences = [{apiVersion: 'v1', kind: 'ConfigMap', name: 'owner', uid: owner.metadata.uid}];
			await client.call('POST', paths.pods(namespace), {body: shellPod(server, 'owned', 'true', {ownerReferences})});
			t.is((await client.call('GET', `${paths.pods(namespace)}/owned`)).status, 200);
			await client.call('DELETE', `${paths.configMaps(namespace)}/owner`);
			t.true(await eventually(async () => (await client.call('GET', `${paths.pods(namespace)}/owned`)).status === 404));
		},
	},
];
