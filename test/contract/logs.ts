import type {Case} from './contract.ts';
import {eventually, paths, runToEnd, shellPod} from './objects.ts';

export const logContract: readonly Case[] = [
	{
		title: 'a log is read by its last lines',
		needs: 'kubelet',
		async run(t, server) {
			await runToEnd(server, shellPod(server, 'lines', 'echo one; echo two; echo three'));
			const log = async (query: Readonly<Record<string, string | number | boolean>>) =>
				server.client.call('GET', `${paths.pods(server.namespace)}/lines/log`, {query});
			t.is((await log({tailLines: 2})).text, 'two\nthree\n');
			t.is((await log({tailLines: 0})).text, '');
			t.is((await log({tailLines: 9})).text, 'one\ntwo\nthree\n');
			t.is((await log({limitBytes: 5})).text, 'one\nt');
			t.is((await log({tailLines: 1, limitBytes: 3})).text, 'thr');
			t.is((await log({container: 'main'})).text, 'one\ntwo\nthree\n');
		},
	},
	{
		title: 'a log is read from a time on, and with the times of its lines',
		needs: 'kubelet',
		async run(t, server) {
			const pod = await runToEnd(server, shellPod(server, 'times', 'echo early; sleep 3; echo late'));
			const path = `${paths.pods(server.namespace)}/times/log`;
			const {text} = await server.client.call('GET', path, {query: {timestamps: true}});
			const lines = text.trimEnd().split('\n');
			t.is(lines.length, 2);
			t.regex(lines[0] ?? '', /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+(Z|[+-]\d\d:\d\d) early$/);
			const times = lines.map(line => Date.parse((line.split(' ')[0] ?? '').replace(/(\.\d{3})\d*/, '$1')));
			const between = new Date(((times[0] ?? 0) + (times[1] ?? 0)) / 2).toISOString();
			t.is((await server.client.call('GET', path, {query: {sinceTime: between}})).text, 'late\n');
			t.is((await server.client.call('GET', path, {query: {sinceSeconds: 3600}})).text, 'early\nlate\n');
			t.is(pod.status.phase, 'Succeeded');
		},
	},
	{
		title: 'a log of a container that is not there, or did not run before, is 400',
		needs: 'kubelet',
		async run(t, server) {
			await runToEnd(server, shellPod(server, 'once', 'echo here'));
			const path = `${paths.pods(server.namespace)}/once/log`;
			const other = await server.client.call('GET', path, {query: {container: 'other'}});
			t.is(other.status, 400);
			t.is(other.json.message, 'container other is not valid for pod once');
			const previous = await server.client.call('GET', path, {query: {previous: true}});
			t.is(previous.status, 400);
			t.is(previous.json.message, 'previous terminated container "main" in pod "once" not found');
		},
	},
	{
		title: 'a log that is followed goes on until the container ends',
		needs: 'kubelet',
		async run(t, server) {
			const {client, namespace} = server;
			const path = `${paths.pods(namespace)}/goes-on`;
			await client.call('POST', paths.pods(namespace), {body: shellPod(server, 'goes-on', 'echo one; sleep 2; echo two')});
			t.true(await eventually(async () => (await client.call('GET', `${path}/log`)).text === 'one\n'));
			const {text} = await client.call('GET', `${path}/log`, {query: {follow: true}});
			t.is(text, 'one\ntwo\n');
		},
	},
	{
		title: 'a pod that is bound to no node has no log and no content: 204',
		async run(t, server) {
			const {client, namespace} = server;
			const pod = shellPod(server, 'unbound', 'true');
			const {nodeName: _none, ...spec} = pod.spec;
			await client.call('POST', paths.pods(namespace), {body: {...pod, spec: {...spec, schedulerName: 'nobody'}}});
			const {status, text} = await client.call('GET', `${paths.pods(namespace)}/unbound/log`);
			t.is(status, 204);
			t.is(text, '');
		},
	},
];
