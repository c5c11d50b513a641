import type {ExecutionContext} from 'ava';
import type {Case, Server} from './contract.ts';
import {eventually, paths, runToEnd, shellPod} from './objects.ts';
import type {ExecAnswer, ExecOptions} from './plain-exec.ts';

/** Makes a pod that runs until it is deleted, and a function that runs a command in it. */
async function running(t: ExecutionContext, server: Server, name: string) {
	const {client, namespace} = server;
	const path = `${paths.pods(namespace)}/${name}`;
	await client.call('POST', paths.pods(namespace), {body: shellPod(server, name, 'while :; do sleep 1; done')});
	t.true(await eventually(async () => (await client.call('GET', path)).json.status.phase === 'Running'));
	return async (command: readonly string[], options?: ExecOptions) => client.exec(`${path}/exec`, command, options);
}

/** The streams of a command that was run; throws where an answer came instead. */
function streams(answer: ExecAnswer) {
	if (!answer.upgraded) {
		throw new Error(`no streams, but ${answer.answer.status} ${answer.answer.text}`);
	}

	return answer;
}

export const execContract: readonly Case[] = [
	{
		title: 'a command in a container has both its outputs carried, and its success told on channel 3',
		needs: 'kubelet',
		async run(t, server) {
			const exec = await running(t, server, 'talks');
			const answer = streams(await exec(['/bin/sh', '-c', 'echo out; echo err >&2']));
			t.is(answer.protocol, 'v5.channel.k8s.io');
			t.is(answer.stdout, 'out\n');
			t.is(answer.stderr, 'err\n');
			t.deepEqual(answer.status, {metadata: {}, status: 'Success'});
		},
	},
	{
		title: 'a command that fails tells its exit code as a cause',
		needs: 'kubelet',
		async run(t, server) {
			const exec = await running(t, server, 'fails');
			for (const [script, code] of [
				['exit 3', '3'],
				['no-such-command-here', '127'],
				['kill -9 $$', '137'],
			] as const) {
				const {status} = streams(await exec(['/bin/sh', '-c', script]));
				t.like(status, {status: 'Failure', reason: 'NonZeroExitCode', details: {causes: [{reason: 'ExitCode', message: code}]}});
				t.regex(status.message, new RegExp(`^command terminated with non-zero exit code: .*exit code ${code}`));
			}
		},
	},
	{
		title: 'a command reads its input until its half of the connection is closed',
		needs: 'kubelet',
		async run(t, server) {
			const exec = await running(t, server, 'reads');
			const {stdout, status} = streams(await exec(['/bin/sh', '-c', 'wc -c; echo end'], {input: 'four\nmore\n'}));
			t.regex(stdout, /^\s*10\nend\n$/);
			t.is(status.status, 'Success');
			const large = 'x'.repeat(300_000);
			const whole = streams(await exec(['cat'], {input: large}));
			t.is(whole.stdout.length, large.length);
			const none = streams(await exec(['/bin/sh', '-c', 'cat; echo end']));
			t.is(none.stdout, 'end\n', 'without input there is nothing to wait for');
		},
	},
	{
		title: 'v4 of the protocol is spoken to who asks for no other: all but the end of an input',
		needs: 'kubelet',
		async run(t, server) {
			const exec = await running(t, server, 'older');
			const headers = {'sec-websocket-protocol': 'v4.channel.k8s.io'};
			const answer = streams(await exec(['/bin/sh', '-c', 'head -c 5; echo err >&2; exit 3'], {input: 'four\n', headers}));
			t.is(answer.protocol, 'v4.channel.k8s.io');
			t.is(answer.stdout, 'four\n');
			t.is(answer.stderr, 'err\n');
			t.like(answer.status, {reason: 'NonZeroExitCode', details: {causes: [{reason: 'ExitCode', message: '3'}]}});
			const both = streams(await exec(['true'], {headers: {'sec-websocket-protocol': 'v5.channel.k8s.io, v4.channel.k8s.io'}}));
			t.is(both.protocol, 'v5.channel.k8s.io');
		},
	},
	{
		title: 'a command that the image does not hold is a failure of the server or exit code 255, by runtime',
		needs: 'kubelet',
		async run(t, server) {
			const exec = await running(t, server, 'lacks');
			const {status, stderr} = streams(await exec(['no-such-command-here', 'x']));
			t.is(status.status, 'Failure');
			const words = /exec: \\?"no-such-command-here\\?": executable file not found in \$PATH/;
			if (status.reason === 'NonZeroExitCode') {
				// CRI-O hands on what its runtime wrote and how that ended.
				t.deepEqual(status.details.causes, [{reason: 'ExitCode', message: '255'}]);
				t.regex(stderr, words);
			} else {
				t.like(status, {reason: 'InternalError', code: 500});
				t.regex(status.message, /^Internal error occurred: Internal error occurred: error executing command in container: /);
				t.regex(status.message, words);
			}
		},
	},
	{
		title: 'nothing is run in a container that ended',
		needs: 'kubelet',
		async run(t, server) {
			const {client, namespace} = server;
			await runToEnd(server, shellPod(server, 'over', 'true'));
			const answer = await client.exec(`${paths.pods(namespace)}/over/exec`, ['/bin/sh', '-c', 'true']);
			// A kubelet that speaks WebSocket itself (1.36) answers before the upgrade, an API server that translates for it after.
			if (answer.upgraded) {
				t.like(answer.status, {status: 'Failure', reason: 'InternalError', code: 500});
			} else {
				t.is(answer.answer.status, 500);
			}

			t.regex(answer.upgraded ? answer.status.message : answer.answer.text, /container not found \("main"\)/);
		},
	},
	{
		title: 'an exec that names no pod, or no container of it, is refused before the upgrade',
		async run(t, server) {
			const {client, namespace} = server;
			const pod = shellPod(server, 'two', 'true');
			const [main] = pod.spec.containers;
			const {nodeName: _none, ...spec} = {...pod.spec, schedulerName: 'nobody'};
			const body = {...pod, spec: {...spec, containers: [main, {...main, name: 'second'}]}};
			await client.call('POST', paths.pods(namespace), {body});
			const refused = async (name: string, options?: ExecOptions) => {
				const answer = await client.exec(`${paths.pods(namespace)}/${name}/exec`, ['true'], options);
				return answer.upgraded ? 'upgraded' : `${answer.answer.status} ${answer.answer.json.message}`;
			};
			t.is(await refused('nobody'), '404 pods "nobody" not found');
			t.is(await refused('two'), '400 a container name must be specified for pod two, choose one of: [main second]');
			t.is(await refused('two', {container: 'third'}), '400 container third is not valid for pod two');
			t.is(await refused('two', {container: 'main'}), '400 pod two does not have a host assigned');
		},
	},
	{
		title: 'an exec without an upgrade is 400',
		needs: 'kubelet',
		async run(t, server) {
			await running(t, server, 'plain');
			const {client, namespace} = server;
			const query = {command: 'true', stdout: true};
			const {status, json} = await client.call('POST', `${paths.pods(namespace)}/plain/exec`, {query});
			t.is(status, 400);
			t.is(json.message, 'Upgrade request required');
		},
	},
	{
		title: 'an exec over a WebSocket needs create beside get, and is refused without a word where only get is allowed',
		async run(t, server) {
			const {namespace} = server;
			const path = `${paths.pods(namespace)}/p/exec`;
			const some = await server.userWith([{verbs: ['get'], resources: ['pods/exec'], namespaces: [namespace]}]);
			const half = await some.client.exec(path, ['true']);
			t.false(half.upgraded);
			t.is(half.upgraded ? '' : half.answer.json.message, 'pods "p" is forbidden: ');
			const other = await server.userWith([{verbs: ['create'], resources: ['pods/exec'], namespaces: [namespace]}]);
			const answer = await other.client.exec(path, ['true']);
			t.is(
				answer.upgraded ? '' : answer.answer.json.message,
				`pods "p" is forbidden: User "${other.name}" cannot get resource "pods/exec" in API group "" in the namespace "${namespace}"`,
			);
			const both = await server.userWith([{verbs: ['get', 'create'], resources: ['pods/exec'], namespaces: [namespace]}]);
			const allowed = await both.client.exec(path, ['true']);
			t.is(allowed.upgraded ? '' : allowed.answer.json.message, 'pods "p" not found');
		},
	},
];
