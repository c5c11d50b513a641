import type {ExecutionContext} from 'ava';
import type {Case, Server} from './contract.ts';
import {paths} from './objects.ts';
import type {PlainRequest} from './plain-client.ts';

/** What is asked, and the text of the answer: of its Status where it is one. */
type Refusal = readonly [
	method: string,
	path: (server: Server) => string,
	request: PlainRequest,
	status: number,
	message: string | RegExp,
];

const refusals: readonly Refusal[] = [
	['GET', () => '/api/v1/widgets', {}, 404, 'the server could not find the requested resource'],
	['GET', () => '/apis/example.com/v1/widgets', {}, 404, '404 page not found\n'],
	['PUT', () => '/api/v1/nodes', {body: {}}, 405, 'the server does not allow this method on the requested resource'],
	[
		'PATCH',
		({namespace}) => paths.pods(namespace),
		{body: {}},
		405,
		'the server does not allow this method on the requested resource',
	],
	[
		'GET',
		({node}) => `/api/v1/nodes/${node}`,
		{accept: 'text/html'},
		406,
		'406: Not Acceptable\n\nAvailable representations: application/json, application/yaml, application/vnd.kubernetes.protobuf',
	],
	[
		'POST',
		({namespace}) => paths.configMaps(namespace),
		{body: 'text', headers: {'content-type': 'application/xml'}},
		415,
		'the body of the request was in an unknown format - accepted media types include: application/json, application/yaml, application/vnd.kubernetes.protobuf',
	],
	[
		'POST',
		({namespace}) => paths.configMaps(namespace),
		{body: {metadata: {}}},
		422,
		'ConfigMap "" is invalid: metadata.name: Required value: name or generateName is required',
	],
	[
		'POST',
		({namespace}) => paths.configMaps(namespace),
		{body: {kind: 'Pod', apiVersion: 'v1', metadata: {name: 'x'}}},
		400,
		'Pod in version "v1" cannot be handled as a ConfigMap: converting (v1.Pod) to (core.ConfigMap): unknown conversion',
	],
	[
		'POST',
		({namespace}) => paths.configMaps(namespace),
		{body: {metadata: {name: 'x', labels: {a: 1}}}},
		400,
		'ConfigMap in version "v1" cannot be handled as a ConfigMap: json: cannot unmarshal number into Go struct field ObjectMeta.metadata.labels of type string',
	],
	[
		'POST',
		({namespace}) => paths.configMaps(namespace),
		{body: {metadata: {name: 'x', namespace: 'elsewhere'}}},
		400,
		'the namespace of the provided object does not match the namespace sent on the request',
	],
	[
		'POST',
		({namespace}) => paths.configMaps(namespace),
		{body: {metadata: {name: 'x'}}, query: {dryRun: 'Some'}},
		422,
		'CreateOptions.meta.k8s.io "" is invalid: dryRun: Unsupported value: ["Some"]: supported values: "All"',
	],
	[
		'DELETE',
		({namespace}) => `${paths.configMaps(namespace)}/none`,
		{query: {dryRun: 'Some'}},
		422,
		'DeleteOptions.meta.k8s.io "" is invalid: dryRun: Unsupported value: ["Some"]: supported values: "All"',
	],
	[
		'GET',
		({namespace}) => paths.configMaps(namespace),
		{query: {limit: 'x'}},
		400,
		'strconv.ParseInt: parsing "x": invalid syntax',
	],
	[
		'GET',
		({namespace}) => paths.configMaps(namespace),
		{query: {limit: 1, continue: 'nonsense'}},
		400,
		/^invalid continue token: continue key is not valid: /,
	],
	[
		'GET',
		({namespace}) => paths.pods(namespace),
		{query: {fieldSelector: 'a'}},
		400,
		"invalid selector: 'a'; can't understand 'a'",
	],
];

export const refusalContract: readonly Case[] = [
	{
		title: 'what cannot be is refused with the code and the words that are known',
		reads: true,
		async run(t, server) {
			for (const refusal of refusals) {
				await refused(t, server, refusal);
			}
		},
	},
	{
		title: 'a limit below nothing is none',
		reads: true,
		async run(t, {client}) {
			t.is((await client.call('GET', '/api/v1/namespaces', {query: {limit: -1}})).status, 200);
		},
	},
];

async function refused(t: ExecutionContext, server: Server, [method, path, request, code, message]: Refusal): Promise<void> {
	const {status, text, json} = await server.client.call(method, path(server), request);
	const what = `${method} ${path(server)} ${JSON.stringify(request)}`;
	t.is(status, code, what);
	const said: string = json === undefined ? text : json.message;
	if (typeof message === 'string') {
		t.is(said, message, what);
	} else {
		t.regex(said, message, what);
	}
}
