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
		title: 'a dry run is refused by Pod Security in the words of a real run',
		async run(t, server) {
			const {client} = server;
			const namespace = `${server.namespace}-baseline`;
			await client.call('POST', '/api/v1/namespaces', {
				body: {metadata: {name: namespace, labels: {'pod-security.kubernetes.io/enforce': 'baseline'}}},
			});
			const pod = shellPod(server, 'refused', 'true');
			const body = {...pod, spec: {...pod.spec, volumes: [{name: 'host', hostPath: {path: '/'}}]}};
			for (const query of [{dryRun: 'All'}, {}] as const) {
				const {status, json} = await client.call('POST', paths.pods(namespace), {query, body});
				t.is(status, 403);
				t.is(
					json.message,
					'pods "refused" is forbidden: violates PodSecurity "baseline:latest": host namespaces (hostNetwork=true), hostPath volumes (volume "host")',
				);
			}

			await client.call('DELETE', `/api/v1/namespaces/${namespace}`);
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
			t.regex(json.message, /Precondition failed: UID in precondition: 0/);
			t.is((await client.call('GET', path)).status, 200);
		},
	},
	{
		title: 'what is owned goes with its owner',
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
	{
		title: 'a namespace takes its content along',
		async run(t, server) {
			const {client} = server;
			const name = `${server.namespace}-gone`;
			await client.call('POST', '/api/v1/namespaces', {body: {metadata: {name}}});
			await client.call('POST', paths.configMaps(name), {body: configMap('one')});
			const {json} = await client.call('DELETE', `/api/v1/namespaces/${name}`);
			t.is(json.status.phase, 'Terminating');
			t.true(await eventually(async () => (await client.call('GET', `/api/v1/namespaces/${name}`)).status === 404));
			t.is((await client.call('GET', `${paths.configMaps(name)}/one`)).status, 404);
		},
	},
];
