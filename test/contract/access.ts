import type {Case} from './contract.ts';
import {configMap, paths, shellPod} from './objects.ts';

export const accessContract: readonly Case[] = [
	{
		title: 'a token that nobody has is 401',
		reads: true,
		async run(t, {client}) {
			const {status, json} = await client.as('no-such-token').call('GET', '/api/v1/nodes');
			t.is(status, 401);
			t.like(json, {kind: 'Status', reason: 'Unauthorized', message: 'Unauthorized', code: 401});
		},
	},
	{
		title: 'what no rule allows is 403, in words that name user, verb, resource and place',
		async run(t, server) {
			const {namespace} = server;
			const {name, client} = await server.userWith([{verbs: ['get'], resources: ['pods'], namespaces: [namespace]}]);
			const denied: readonly (readonly [method: string, path: string, message: string])[] = [
				[
					'GET',
					'/api/v1/nodes',
					`nodes is forbidden: User "${name}" cannot list resource "nodes" in API group "" at the cluster scope`,
				],
				[
					'GET',
					'/api/v1/nodes/n1',
					`nodes "n1" is forbidden: User "${name}" cannot get resource "nodes" in API group "" at the cluster scope`,
				],
				[
					'GET',
					paths.pods(namespace),
					`pods is forbidden: User "${name}" cannot list resource "pods" in API group "" in the namespace "${namespace}"`,
				],
				[
					'GET',
					`${paths.pods(namespace)}?watch=true`,
					`pods is forbidden: User "${name}" cannot watch resource "pods" in API group "" in the namespace "${namespace}"`,
				],
				[
					'GET',
					`${paths.pods(namespace)}/p/log`,
					`pods "p" is forbidden: User "${name}" cannot get resource "pods/log" in API group "" in the namespace "${namespace}"`,
				],
				[
					'DELETE',
					`${paths.pods(namespace)}/p`,
					`pods "p" is forbidden: User "${name}" cannot delete resource "pods" in API group "" in the namespace "${namespace}"`,
				],
				[
					'DELETE',
					paths.pods(namespace),
					`pods is forbidden: User "${name}" cannot deletecollection resource "pods" in API group "" in the namespace "${namespace}"`,
				],
				[
					'GET',
					`/api/v1/namespaces/${namespace}`,
					`namespaces "${namespace}" is forbidden: User "${name}" cannot get resource "namespaces" in API group "" in the namespace "${namespace}"`,
				],
			];
			for (const [method, path, message] of denied) {
				const {status, json} = await client.call(method, path);
				t.is(status, 403, path);
				t.is(json.message, message);
				t.is(json.reason, 'Forbidden');
			}
		},
	},
	{
		title: 'making a pod is refused by resource, in its namespace',
		async run(t, server) {
			const {namespace} = server;
			const {name, client} = await server.userWith([{verbs: ['create'], resources: ['configmaps'], namespaces: [namespace]}]);
			t.is((await client.call('POST', paths.configMaps(namespace), {body: configMap('allowed')})).status, 201);
			const {status, json} = await client.call('POST', paths.pods(namespace), {body: shellPod(server, 'denied', 'true')});
			t.is(status, 403);
			t.is(
				json.message,
				`pods is forbidden: User "${name}" cannot create resource "pods" in API group "" in the namespace "${namespace}"`,
			);
		},
	},
	{
		title: 'an access review says what a request would be told',
		async run(t, server) {
			const {namespace} = server;
			const {client} = await server.userWith([
				{verbs: ['get', 'list'], resources: ['nodes']},
				{verbs: ['get'], resources: ['pods/log'], namespaces: [namespace]},
			]);
			const review = async (resourceAttributes: object) => {
				const body = {apiVersion: 'authorization.k8s.io/v1', kind: 'SelfSubjectAccessReview', spec: {resourceAttributes}};
				const {status, json} = await client.call('POST', '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews', {body});
				t.is(status, 201);
				return json.status.allowed;
			};

			t.true(await review({verb: 'list', resource: 'nodes'}));
			t.false(await review({verb: 'delete', resource: 'nodes'}));
			t.true(await review({verb: 'get', resource: 'pods', subresource: 'log', namespace}));
			t.false(await review({verb: 'get', resource: 'pods', subresource: 'log', namespace: 'default'}));
			t.false(await review({verb: 'get', resource: 'pods', namespace}));
			t.false(await review({verb: 'list', group: 'apps', resource: 'nodes'}));
		},
	},
];
