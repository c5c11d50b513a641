import type {Case} from './contract.ts';
import {configMap, eventually, evict, patches, paths, shellPod, standingPod} from './objects.ts';

export const namespaceContract: readonly Case[] = [
	{
		title: 'a namespace takes its content along',
		async run(t, server) {
			const {client, namespace: name} = server;
			await client.call('POST', paths.configMaps(name), {body: configMap('one')});
			const {json} = await client.call('DELETE', `/api/v1/namespaces/${name}`);
			t.is(json.status.phase, 'Terminating');
			t.true(await eventually(async () => (await client.call('GET', `/api/v1/namespaces/${name}`)).status === 404));
			t.is((await client.call('GET', `${paths.configMaps(name)}/one`)).status, 404);
		},
	},
	{
		title: 'in a namespace that goes nothing is made, and nothing evicted: 403 with the cause NamespaceTerminating',
		async run(t, server) {
			const {client, namespace} = server;
			const held = configMap('held');
			const finalizers = ['cni-upgrade.test/hold'];
			await client.call('POST', paths.configMaps(namespace), {body: {...held, metadata: {...held.metadata, finalizers}}});
			await standingPod(server, 'there');
			await client.call('DELETE', `/api/v1/namespaces/${namespace}`);
			const pod = shellPod(server, 'late', 'true');
			const answers = [
				['configmaps "late"', await client.call('POST', paths.configMaps(namespace), {body: configMap('late')})],
				['pods "late"', await client.call('POST', paths.pods(namespace), {body: pod, query: {dryRun: 'All'}})],
				['pods "there"', await evict(server, 'there')],
				['pods "there"', await evict(server, 'there', {dryRun: ['All']})],
			] as const;
			for (const [what, {status, json}] of answers) {
				t.is(status, 403, what);
				t.is(
					json.message,
					`${what} is forbidden: unable to create new content in namespace ${namespace} because it is being terminated`,
				);
				t.deepEqual(json.details.causes, [
					{
						reason: 'NamespaceTerminating',
						message: `namespace ${namespace} is being terminated`,
						field: 'metadata.namespace',
					},
				]);
			}

			t.is((await client.call('GET', `/api/v1/namespaces/${namespace}`)).json.status.phase, 'Terminating');
			const headers = {'content-type': patches.merge};
			await client.call('PATCH', `${paths.configMaps(namespace)}/held`, {headers, body: {metadata: {finalizers: null}}});
			await client.call('DELETE', `${paths.pods(namespace)}/there`, {body: {gracePeriodSeconds: 0}});
			t.true(await eventually(async () => (await client.call('GET', `/api/v1/namespaces/${namespace}`)).status === 404));
		},
	},
	{
		title: 'the pods of one node are listed over all namespaces by its name',
		async run(t, server) {
			const {client, namespace} = server;
			await standingPod(server, 'one');
			await standingPod(server, 'two');
			const listed = async (fieldSelector: string, more: object = {}) => {
				const {json} = await client.call('GET', '/api/v1/pods', {query: {fieldSelector, limit: 500, ...more}});
				return json.items
					.filter(({metadata}: {metadata: {namespace: string}}) => metadata.namespace === namespace)
					.map(({metadata}: {metadata: {name: string}}) => metadata.name);
			};
			t.deepEqual(await listed('spec.nodeName=no-such-node'), ['one', 'two']);
			t.deepEqual(await listed('spec.nodeName=no-such-node', {labelSelector: 'app=two'}), ['two']);
			t.deepEqual(await listed('spec.nodeName=no-such-node,status.phase!=Running'), []);
			t.deepEqual(await listed('spec.nodeName=another-node'), []);
		},
	},
	{
		title: 'a DaemonSet that is not there is 404, by the name of its group',
		async run(t, {client, namespace}) {
			const {status, json} = await client.call('GET', `/apis/apps/v1/namespaces/${namespace}/daemonsets/nobody`);
			t.is(status, 404);
			t.like(json, {
				reason: 'NotFound',
				message: 'daemonsets.apps "nobody" not found',
				details: {name: 'nobody', group: 'apps', kind: 'daemonsets'},
			});
		},
	},
];
