import type {Case} from './contract.ts';
import {eventually, paths, runToEnd, shellPod} from './objects.ts';

export const podContract: readonly Case[] = [
	{
		title: 'a pod bound to a node runs its command and reports message and exit code',
		needs: 'kubelet',
		async run(t, server) {
			const pod = await runToEnd(server, shellPod(server, 'fine', 'printf done >"$0"; echo said'));
			t.is(pod.status.phase, 'Succeeded');
			t.like(pod.status.containerStatuses[0].state.terminated, {exitCode: 0, reason: 'Completed', message: 'done'});
			const {text} = await server.client.call('GET', `${paths.pods(server.namespace)}/fine/log`);
			t.is(text, 'said\n');
		},
	},
	{
		title: 'a command that fails leaves the pod Failed with its exit code',
		needs: 'kubelet',
		async run(t, server) {
			const pod = await runToEnd(server, shellPod(server, 'broken', 'echo oops >&2; exit 3'));
			t.is(pod.status.phase, 'Failed');
			const {terminated} = pod.status.containerStatuses[0].state;
			t.like(terminated, {exitCode: 3, reason: 'Error'});
			t.is(terminated.message, undefined);
			const {text} = await server.client.call('GET', `${paths.pods(server.namespace)}/broken/log`);
			t.is(text, 'oops\n');
		},
	},
	{
		title: 'of a long termination message the last 4,096 bytes are kept',
		needs: 'kubelet',
		async run(t, server) {
			const script = 'i=0; while [ $i -lt 600 ]; do printf "%09d\\n" $i; i=$((i+1)); done >"$0"';
			const pod = await runToEnd(server, shellPod(server, 'long', script));
			const {message} = pod.status.containerStatuses[0].state.terminated;
			t.is(message.length, 4096);
			t.true(message.endsWith('000000599\n'));
			t.true(message.startsWith('00190\n'));
		},
	},
	{
		title: 'an image that may not be pulled and is not held is told while waiting',
		needs: 'kubelet',
		async run(t, server) {
			const {client, namespace} = server;
			const pod = shellPod(server, 'imageless', 'true');
			const containers = pod.spec.containers.map(container => ({
				...container,
				image: 'example.invalid/none:1',
				imagePullPolicy: 'Never',
			}));
			const path = `${paths.pods(namespace)}/imageless`;
			await client.call('POST', paths.pods(namespace), {body: {...pod, spec: {...pod.spec, containers}}});
			t.true(
				await eventually(async () => {
					const {status} = (await client.call('GET', path)).json;
					return status.containerStatuses?.[0]?.state?.waiting?.reason === 'ErrImageNeverPull';
				}),
			);
			const {status, json} = await client.call('GET', `${path}/log`);
			t.is(status, 400);
			t.is(json.message, 'container "main" in pod "imageless" is waiting to start: ErrImageNeverPull');
		},
	},
	{
		title: 'a pod that runs shows its log and goes when it is deleted',
		needs: 'kubelet',
		async run(t, server) {
			const {client, namespace} = server;
			const path = `${paths.pods(namespace)}/endless`;
			await client.call('POST', paths.pods(namespace), {
				body: shellPod(server, 'endless', 'echo started; while :; do sleep 1; done'),
			});
			t.true(await eventually(async () => (await client.call('GET', path)).json.status.phase === 'Running'));
			t.true(await eventually(async () => (await client.call('GET', `${path}/log`)).text === 'started\n'));
			await client.call('DELETE', path, {query: {gracePeriodSeconds: 1}});
			t.true(await eventually(async () => (await client.call('GET', path)).status === 404));
		},
	},
	{
		title: 'a pod without containers, or with a mount of no volume, is 422 Invalid',
		async run(t, server) {
			const {client, namespace} = server;
			const pod = shellPod(server, 'invalid', 'true');
			const none = await client.call('POST', paths.pods(namespace), {body: {...pod, spec: {...pod.spec, containers: []}}});
			t.is(none.status, 422);
			t.regex(none.json.message, /^Pod "invalid" is invalid: spec\.containers: Required value/);
			const containers = pod.spec.containers.map(container => ({
				...container,
				volumeMounts: [{name: 'missing', mountPath: '/x'}],
			}));
			const mount = await client.call('POST', paths.pods(namespace), {body: {...pod, spec: {...pod.spec, containers}}});
			t.is(mount.status, 422);
			t.regex(mount.json.message, /spec\.containers\[0\]\.volumeMounts\[0\]\.name: Not found: "missing"/);
		},
	},
	{
		title: 'the termination messages of a pod have 12,288 bytes together, the same for each container, from the first on',
		needs: 'kubelet',
		async run(t, server) {
			const script = 'i=0; while [ $i -lt 600 ]; do printf "%09d\\n" $i; i=$((i+1)); done >"$0"';
			const pod = shellPod(server, 'many', script);
			const containers = ['a', 'b', 'c', 'd'].flatMap(name => pod.spec.containers.map(container => ({...container, name})));
			const ended = await runToEnd(server, {...pod, spec: {...pod.spec, containers}});
			for (const {name, state} of ended.status.containerStatuses) {
				// The last 4,096 bytes of what was written, and of those the first quarter of 12,288.
				t.is(state.terminated.message.length, 3072, name);
				t.true(state.terminated.message.startsWith('00190\n'), name);
			}
		},
	},
	{
		title: 'a message that was not written is the end of the log where the policy says so',
		needs: 'kubelet',
		async run(t, server) {
			const pod = shellPod(server, 'fallback', 'echo why it failed; exit 1');
			const containers = pod.spec.containers.map(container => ({
				...container,
				terminationMessagePolicy: 'FallbackToLogsOnError',
			}));
			const ended = await runToEnd(server, {...pod, spec: {...pod.spec, containers}});
			t.is(ended.status.containerStatuses[0].state.terminated.message, 'why it failed\n');
		},
	},
];
