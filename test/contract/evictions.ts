import type {Case} from './contract.ts';
import {budget, eventually, evict, paths, shellPod, standingPod} from './objects.ts';

export const evictionContract: readonly Case[] = [
	{
		title: 'an eviction marks a pod as deleted, with its own grace period and the reason',
		async run(t, server) {
			const {client, namespace} = server;
			await standingPod(server, 'plain');
			const {status, json} = await evict(server, 'plain');
			t.is(status, 201);
			t.like(json, {kind: 'Status', status: 'Success'});
			const pod = (await client.call('GET', `${paths.pods(namespace)}/plain`)).json;
			t.truthy(pod.metadata.deletionTimestamp);
			t.is(pod.metadata.deletionGracePeriodSeconds, 30);
			const condition = pod.status.conditions.find(({type}: {type: string}) => type === 'DisruptionTarget');
			t.like(condition, {status: 'True', reason: 'EvictionByEvictionAPI', message: 'Eviction API: evicting'});
			t.is((await evict(server, 'plain')).status, 201, 'what is going already may be evicted again');
			t.is((await evict(server, 'plain', {gracePeriodSeconds: 0})).status, 201);
			t.is((await client.call('GET', `${paths.pods(namespace)}/plain`)).status, 404);
		},
	},
	{
		title: 'an evicted pod that runs is gone in the end',
		needs: 'kubelet',
		async run(t, server) {
			const {client, namespace} = server;
			const path = `${paths.pods(namespace)}/running`;
			await client.call('POST', paths.pods(namespace), {body: shellPod(server, 'running', 'while :; do sleep 1; done')});
			t.true(await eventually(async () => (await client.call('GET', path)).json.status.phase === 'Running'));
			const {status, text} = await evict(server, 'running');
			t.is(status, 201, text);
			t.true(await eventually(async () => (await client.call('GET', path)).status === 404));
		},
	},
	{
		title: 'a dry run of an eviction evicts nothing, wherever it is asked for',
		async run(t, server) {
			const {client, namespace} = server;
			await standingPod(server, 'kept');
			t.is((await evict(server, 'kept', {dryRun: ['All']})).status, 201);
			t.is((await evict(server, 'kept', undefined, {dryRun: 'All'})).status, 201);
			const pod = (await client.call('GET', `${paths.pods(namespace)}/kept`)).json;
			t.is(pod.metadata.deletionTimestamp, undefined);
		},
	},
	{
		title: 'the eviction of a pod that is not there is 404, of one by another name 400, of one with another uid 409',
		async run(t, server) {
			const {client, namespace} = server;
			const missing = await evict(server, 'nobody');
			t.is(missing.status, 404);
			t.is(missing.json.message, 'pods "nobody" not found');
			const {metadata} = await standingPod(server, 'other');
			const body = {apiVersion: 'policy/v1', kind: 'Eviction', metadata: {name: 'misnamed'}};
			const misnamed = await client.call('POST', `${paths.pods(namespace)}/other/eviction`, {body});
			t.is(misnamed.status, 400);
			t.is(misnamed.json.message, 'name in URL does not match name in Eviction object');
			for (const dryRun of [['All'], []]) {
				const uid = '00000000-0000-0000-0000-000000000000';
				const {status, json} = await evict(server, 'other', {preconditions: {uid}, dryRun});
				t.is(status, 409);
				t.is(json.reason, 'Conflict');
				t.is(
					json.message,
					`Operation cannot be fulfilled on Pod "other": the UID in the precondition (${uid}) does not match the UID in record (${metadata.uid}). The object might have been deleted and then recreated`,
				);
			}

			t.is((await evict(server, 'other', {preconditions: {uid: metadata.uid}})).status, 201);
		},
	},
	{
		title: 'a budget that needs the pod refuses its eviction with 429 and names itself, also in a dry run',
		async run(t, server) {
			const {client, namespace} = server;
			await standingPod(server, 'needed');
			t.true(await budget(server, 'tight', {app: 'needed', minAvailable: 1, healthy: 1}));
			for (const deleteOptions of [{}, {dryRun: ['All']}]) {
				const {status, json, headers} = await evict(server, 'needed', deleteOptions);
				t.is(status, 429);
				t.is(headers['retry-after'], undefined);
				t.like(json, {
					kind: 'Status',
					status: 'Failure',
					reason: 'TooManyRequests',
					message: "Cannot evict pod as it would violate the pod's disruption budget.",
					details: {
						causes: [
							{reason: 'DisruptionBudget', message: 'The disruption budget tight needs 1 healthy pods and has 1 currently'},
						],
					},
				});
			}

			const pod = (await client.call('GET', `${paths.pods(namespace)}/needed`)).json;
			t.is(pod.metadata.deletionTimestamp, undefined);
		},
	},
	{
		title: 'a budget with room lets one go, and is spent for the next at once',
		async run(t, server) {
			const {client, namespace} = server;
			await standingPod(server, 'one', {app: 'web'});
			await standingPod(server, 'two', {app: 'web'});
			t.true(await budget(server, 'room', {app: 'web', minAvailable: 1, healthy: 2}));
			const {status} = (await client.call('GET', `${paths.budgets(namespace)}/room`)).json;
			t.like(status, {disruptionsAllowed: 1, currentHealthy: 2, desiredHealthy: 1, expectedPods: 2, observedGeneration: 1});
			t.like(status.conditions[0], {type: 'DisruptionAllowed', status: 'True', reason: 'SufficientPods'});
			t.is((await evict(server, 'one', {dryRun: ['All']})).status, 201);
			t.is((await evict(server, 'two', {dryRun: ['All']})).status, 201, 'a rehearsal spends nothing');
			t.is((await evict(server, 'one')).status, 201);
			const second = await evict(server, 'two');
			t.is(second.status, 429);
			t.is(second.json.details.causes[0].reason, 'DisruptionBudget');
		},
	},
	{
		title: 'a budget that changed is not believed before its controller has seen the change',
		async run(t, server) {
			const {client, namespace} = server;
			await standingPod(server, 'waiting');
			t.true(await budget(server, 'new', {app: 'waiting', minAvailable: 1, healthy: 1}));
			const {json} = await client.call('PATCH', `${paths.budgets(namespace)}/new`, {
				body: {spec: {minAvailable: 0}},
				headers: {'content-type': 'application/merge-patch+json'},
			});
			t.is(json.metadata.generation, 2);
			t.is(json.status.observedGeneration, 1);
			t.true(
				await eventually(async () => {
					const answer = await evict(server, 'waiting', {dryRun: ['All']});
					if (answer.status === 429) {
						t.is(answer.json.details.causes[0].message, 'The disruption budget new is still being processed by the server.');
						t.is(answer.headers['retry-after'], '10');
						t.is(answer.json.details.retryAfterSeconds, 10);
					}

					return answer.status === 201;
				}),
			);
		},
	},
	{
		title: 'two budgets on one pod make every eviction of it fail with 500, without a reason',
		async run(t, server) {
			await standingPod(server, 'twice');
			t.true(await budget(server, 'first', {app: 'twice', minAvailable: 0, healthy: 1}));
			t.true(await budget(server, 'second', {app: 'twice', minAvailable: 0, healthy: 1}));
			const {status, json} = await evict(server, 'twice', {dryRun: ['All']});
			t.is(status, 500);
			t.is(json.message, 'This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.');
			t.is(json.reason, undefined);
			t.is(json.details, undefined);
		},
	},
	{
		title: 'no budget holds a pod that ended or never ran',
		async run(t, server) {
			const {client, namespace} = server;
			await standingPod(server, 'guard', {app: 'mixed'});
			for (const phase of ['Succeeded', 'Failed', 'Pending']) {
				await standingPod(server, phase.toLowerCase(), {app: 'mixed', phase, ready: false});
			}

			t.true(await budget(server, 'strict', {app: 'mixed', minAvailable: 4, healthy: 1}));
			t.is((await evict(server, 'guard', {dryRun: ['All']})).status, 429);
			for (const name of ['succeeded', 'failed']) {
				t.is((await evict(server, name)).status, 201);
				t.is((await client.call('GET', `${paths.pods(namespace)}/${name}`)).status, 404, 'it goes at once');
			}

			t.is((await evict(server, 'pending')).status, 201);
		},
	},
	{
		title: 'a pod that runs and is not ready goes where the budget is met without it, or says always',
		async run(t, server) {
			await standingPod(server, 'well', {app: 'half'});
			await standingPod(server, 'ill', {app: 'half', ready: false});
			t.true(await budget(server, 'met', {app: 'half', minAvailable: 1, healthy: 1}));
			t.is((await evict(server, 'ill', {dryRun: ['All']})).status, 201);
			t.is((await evict(server, 'well', {dryRun: ['All']})).status, 429);

			await standingPod(server, 'lone', {app: 'lone', ready: false});
			t.true(await budget(server, 'unmet', {app: 'lone', minAvailable: 1, healthy: 0}));
			const refused = await evict(server, 'lone', {dryRun: ['All']});
			t.is(refused.status, 429);
			t.is(refused.json.details.causes[0].message, 'The disruption budget unmet needs 1 healthy pods and has 0 currently');

			await standingPod(server, 'free', {app: 'free', ready: false});
			const policy = {unhealthyPodEvictionPolicy: 'AlwaysAllow'};
			t.true(await budget(server, 'always', {app: 'free', minAvailable: 1, healthy: 0, ...policy}));
			t.is((await evict(server, 'free', {dryRun: ['All']})).status, 201);
		},
	},
	{
		title: 'a budget in percent counts controllers, and so allows nothing for pods without one',
		async run(t, server) {
			const {client, namespace} = server;
			await standingPod(server, 'bare');
			t.true(await budget(server, 'percent', {app: 'bare', maxUnavailable: '50%', healthy: 1}));
			const {status} = (await client.call('GET', `${paths.budgets(namespace)}/percent`)).json;
			t.like(status, {expectedPods: 0, disruptionsAllowed: 0, desiredHealthy: 0});
			const {json} = await evict(server, 'bare', {dryRun: ['All']});
			t.regex(json.details.causes[0].message, /^The disruption budget percent does not allow evicting pods currently/);
		},
	},
	{
		title: 'a server that evicts says so in its discovery',
		reads: true,
		async run(t, {client}) {
			const {json} = await client.call('GET', '/api/v1');
			t.like(
				json.resources.find(({name}: {name: string}) => name === 'pods/eviction'),
				{kind: 'Eviction', group: 'policy', version: 'v1', namespaced: true, verbs: ['create']},
			);
		},
	},
];
