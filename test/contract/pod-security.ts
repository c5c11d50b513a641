import type {Case, Server} from './contract.ts';
import {eventually, patches, paths, shellPod} from './objects.ts';

const prefix = 'pod-security.kubernetes.io/';

/** Puts Pod Security labels on the server's namespace. */
async function label({client, namespace}: Server, labels: Readonly<Record<string, string>>): Promise<void> {
	const body = {metadata: {labels: Object.fromEntries(Object.entries(labels).map(([key, value]) => [prefix + key, value]))}};
	const path = `/api/v1/namespaces/${namespace}`;
	await client.call('PATCH', path, {headers: {'content-type': patches.merge}, body});
}

/** The answer to a dry run, when admission has heard of the labels: it learns of them by a watch. */
async function dryRun({client, namespace}: Server, body: object, isSettled: (text: string, warning: string) => boolean) {
	const ask = async () => client.call('POST', paths.pods(namespace), {query: {dryRun: 'All'}, body});
	let answer = await ask();
	await eventually(async () => {
		answer = await ask();
		return isSettled(answer.text, answer.headers['warning'] ?? '');
	});
	return answer;
}

/** Everything that a pod which looks at its node asks for. */
function probePod(server: Server) {
	const pod = shellPod(server, 'probe', 'true');
	return {
		...pod,
		spec: {
			...pod.spec,
			hostPID: true,
			volumes: [{name: 'host', hostPath: {path: '/'}}],
			containers: pod.spec.containers.map(container => ({
				...container,
				securityContext: {privileged: true},
				volumeMounts: [{name: 'host', mountPath: '/host', readOnly: true}],
			})),
		},
	};
}

const restricted =
	'allowPrivilegeEscalation != false (container "main" must set securityContext.allowPrivilegeEscalation=false), unrestricted capabilities (container "main" must set securityContext.capabilities.drop=["ALL"])';
const user =
	'runAsNonRoot != true (pod or container "main" must set securityContext.runAsNonRoot=true), seccompProfile (pod or container "main" must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost")';

export const podSecurityContract: readonly Case[] = [
	{
		title: 'a namespace that enforces baseline refuses the host in one sentence',
		async run(t, server) {
			await label(server, {enforce: 'baseline'});
			const {status, json} = await dryRun(server, probePod(server), text => text.includes('violates'));
			t.is(status, 403);
			t.is(
				json.message,
				'pods "probe" is forbidden: violates PodSecurity "baseline:latest": host namespaces (hostNetwork=true, hostPID=true), hostPath volumes (volume "host"), privileged (container "main" must not set securityContext.privileged=true)',
			);
			t.is(json.reason, 'Forbidden');
		},
	},
	{
		title: 'a namespace that enforces restricted of a release says which',
		async run(t, server) {
			await label(server, {enforce: 'restricted', 'enforce-version': 'v1.30'});
			const pod = probePod(server);
			const {status, json} = await dryRun(server, pod, text => text.includes('violates'));
			t.is(status, 403);
			t.is(
				json.message,
				`pods "probe" is forbidden: violates PodSecurity "restricted:v1.30": host namespaces (hostNetwork=true, hostPID=true), privileged (container "main" must not set securityContext.privileged=true), ${restricted}, restricted volume types (volume "host" uses restricted volume type "hostPath"), ${user}`,
			);
		},
	},
	{
		title: 'a namespace that only warns admits the pod, and says why it would not in a header',
		async run(t, server) {
			await label(server, {warn: 'restricted', audit: 'restricted'});
			const pod = shellPod(server, 'warned', 'true');
			const body = {...pod, spec: {...pod.spec, hostNetwork: false}};
			const {status, headers} = await dryRun(server, body, (_, warning) => warning !== '');
			t.is(status, 201);
			const text = `would violate PodSecurity "restricted:latest": ${restricted}, ${user}`;
			t.is(headers['warning'], `299 - "${text.replaceAll('"', '\\"')}"`);
		},
	},
	{
		title: 'a namespace that enforces privileged admits everything',
		async run(t, server) {
			await label(server, {enforce: 'privileged', warn: 'privileged'});
			const {status, headers} = await dryRun(server, probePod(server), () => true);
			t.is(status, 201);
			t.is(headers['warning'], undefined);
		},
	},
	{
		title: 'a level that is none is 422 when the namespace is made',
		async run(t, {client, namespace}) {
			const body = {metadata: {name: `${namespace}-odd`, labels: {[`${prefix}enforce`]: 'nonsense'}}};
			const {status, json} = await client.call('POST', '/api/v1/namespaces', {body, query: {dryRun: 'All'}});
			t.is(status, 422);
			t.is(
				json.message,
				`Namespace "${namespace}-odd" is invalid: metadata.labels[pod-security.kubernetes.io/enforce]: Invalid value: "nonsense": must be one of privileged, baseline, restricted`,
			);
		},
	},
];
