import {existsSync, readFileSync} from 'node:fs';
import {join} from 'node:path';
import {conditions, containerdInfo} from '../host-files.ts';
import type {Answer, Program} from './requests.ts';
import {CriError, type Runtime} from './runtime.ts';
import type {Sandbox} from './sandboxes.ts';

type Options = {readonly flags: ReadonlyMap<string, string>; readonly words: readonly string[]};

/** crictl as of 1.34, whose answers were taken from nodes with containerd 1.7.24. */
export function crictl(runtime: Runtime, root: string): Program {
	return all => {
		const [verb, options] = parse(all);
		const endpoint = options.flags.get('runtime-endpoint') ?? `unix://${runtime.socket}`;
		const socket = endpoint.replace(/^unix:\/\//, '').replace(/^\/var\/run\//, '/run/');
		if (!runtime.isRunning || socket !== runtime.socket) {
			return fatal(
				`validate service connection: validate CRI v1 runtime API for endpoint "${endpoint}": rpc error: code = Unavailable desc = connection error: desc = "transport: Error while dialing: dial unix ${socket}: connect: no such file or directory"`,
			);
		}

		try {
			return verbs[verb]?.(runtime, options, root) ?? fatal(`stand-in crictl: no answer to ${all.join(' ')}`);
		} catch (error) {
			if (error instanceof CriError) {
				return fatal(`${doing[verb] ?? verb}: rpc error: ${error.message}`);
			}

			throw error;
		}
	};
}

const doing: Readonly<Record<string, string>> = {
	runp: 'run pod sandbox',
	stopp: 'stopping the pod sandbox failed',
	rmp: 'removing the pod sandbox failed',
};

const verbs: Readonly<Record<string, (runtime: Runtime, options: Options, root: string) => Answer>> = {
	version: ({kind, version}) => ({
		code: 0,
		out: `Version:  0.1.0\nRuntimeName:  ${kind}\nRuntimeVersion:  ${kind === 'containerd' ? 'v' : ''}${version}\nRuntimeApiVersion:  v1\n`,
	}),
	info(runtime) {
		const {network, loadStatus, kind, binDirs, confDir} = runtime;
		const info =
			kind === 'containerd'
				? containerdInfo({
						binDir: binDirs[0] ?? '',
						confDir,
						network: network && {
							name: network.name,
							cniVersion: network.cniVersion,
							types: network.plugins.map(({type}) => type),
							source: network.source,
						},
						loadError: network === undefined ? loadStatus : undefined,
					})
				: {
						status: {
							conditions: conditions(
								network !== undefined,
								network === undefined ? `Network plugin returns error: ${loadStatus}` : '',
							),
						},
						config: {sandboxImage: 'registry.k8s.io/pause:3.10'},
					};
		return {code: 0, out: json(info)};
	},
	pods({sandboxes}, {flags}) {
		const state = flags.get('state');
		const shown = [...sandboxes.values()]
			.filter(sandbox => state === undefined || sandbox.state === `SANDBOX_${state.toUpperCase()}`)
			.filter(({name}) => name.includes(flags.get('name') ?? ''))
			.filter(({id}) => id.startsWith(flags.get('id') ?? ''));
		if (flags.has('q')) {
			return {code: 0, out: shown.map(({id}) => `${id}\n`).join('')};
		}

		if (flags.get('output') === 'json') {
			return {code: 0, out: json({items: shown.map(sandbox => ({...itemOf(sandbox), labels: labelsOf(sandbox)}))})};
		}

		const columns = ['POD ID', 'CREATED', 'STATE', 'NAME', 'NAMESPACE', 'ATTEMPT', 'RUNTIME'];
		const rows = shown.map(({id, state, name, namespace, attempt}) => [
			id.slice(0, 13),
			'Less than a second ago',
			state === 'SANDBOX_READY' ? 'Ready' : 'NotReady',
			name,
			namespace,
			String(attempt),
			'(default)',
		]);
		return {
			code: 0,
			out: [columns, ...rows]
				.map(
					row =>
						`${row
							.map(cell => cell.padEnd(20))
							.join('')
							.trimEnd()}\n`,
				)
				.join(''),
		};
	},
	inspectp({sandboxes}, {flags, words}) {
		const sandbox = sandboxes.get(words[0] ?? '');
		if (sandbox === undefined) {
			return fatal(
				'get the status of pod sandboxes: get pod sandbox status: rpc error: code = NotFound desc = an error occurred when try to find sandbox: not found',
			);
		}

		const status = statusOf(sandbox);
		const template = flags.get('template');
		return {code: 0, out: template === undefined ? json({info: {}, status}) : `${fill(template, {status})}\n`};
	},
	runp(runtime, {words}, root) {
		const given = words[0] ?? '';
		const file = existsSync(given) ? given : join(root, given);
		if (!existsSync(file)) {
			return fatal(`load podSandboxConfig: open ${given}: no such file or directory`);
		}

		const {metadata, linux} = JSON.parse(readFileSync(file, 'utf8')) as SandboxConfig;
		const hostNetwork = linux?.security_context?.namespace_options?.network === 2;
		return {code: 0, out: `${runtime.run({...metadata, attempt: metadata.attempt ?? 0, hostNetwork}).id}\n`};
	},
	stopp: (runtime, {words}) =>
		each(words, id => {
			runtime.halt(id);
			return `Stopped sandbox ${id}\n`;
		}),
	rmp(runtime, {words, flags}) {
		const missing = words.find(id => !runtime.sandboxes.has(id));
		if (missing !== undefined) {
			return {
				code: 1,
				err: `getting sandbox status of pod "${missing}": rpc error: code = NotFound desc = an error occurred when try to find sandbox: not found\n`,
			};
		}

		const ready = words.find(id => runtime.sandboxes.get(id)?.state === 'SANDBOX_READY');
		if (ready !== undefined && !flags.has('force')) {
			return {code: 1, err: `pod sandbox "${ready}" is running, please stop it first\n`};
		}

		return each(words, id => {
			runtime.remove(id);
			return `Removed sandbox ${id}\n`;
		});
	},
};

type SandboxConfig = {
	readonly metadata: {readonly name: string; readonly namespace: string; readonly uid: string; readonly attempt?: number};
	readonly linux?: {readonly security_context?: {readonly namespace_options?: {readonly network?: number}}};
};

function each(ids: readonly string[], act: (id: string) => string): Answer {
	return {code: 0, out: ids.map(act).join('')};
}

function itemOf({id, name, namespace, uid, attempt, state, createdAt}: Sandbox) {
	return {
		id,
		metadata: {name, uid, namespace, attempt},
		state,
		createdAt: `${createdAt}000000`,
		annotations: {},
		runtimeHandler: '',
	};
}

function labelsOf({name, namespace, uid}: Sandbox) {
	return {'io.kubernetes.pod.name': name, 'io.kubernetes.pod.namespace': namespace, 'io.kubernetes.pod.uid': uid};
}

function statusOf(sandbox: Sandbox) {
	const {createdAt, hostNetwork, ip} = sandbox;
	return {
		...itemOf(sandbox),
		createdAt: new Date(createdAt).toISOString(),
		labels: labelsOf(sandbox),
		linux: {namespaces: {options: {ipc: 'POD', network: hostNetwork ? 'NODE' : 'POD', pid: 'CONTAINER', targetId: ''}}},
		network: {additionalIps: [], ip},
	};
}

/** A Go template, as far as it only names fields. */
function fill(template: string, value: unknown): string {
	const get = (path: string) =>
		path.split('.').reduce<unknown>((at, key) => (at as Record<string, unknown> | undefined)?.[key], value);
	return template.replaceAll(/\{\{\s*\.([\w.]+)\s*\}\}/g, (_, path: string) => {
		const found = get(path);
		return typeof found === 'string' ? found : JSON.stringify(found ?? '<no value>');
	});
}

/** As crictl 1.34 without a configuration file: a warning of that, then the reason. */
function fatal(message: string): Answer {
	const time = `time="${new Date().toISOString().slice(0, 19)}Z"`;
	const warning = 'Config "/etc/crictl.yaml" does not exist, trying next: "/usr/local/bin/crictl.yaml"';
	return {
		code: 1,
		err: `${time} level=warning msg=${JSON.stringify(warning)}\n${time} level=fatal msg=${JSON.stringify(message)}\n`,
	};
}

function json(value: unknown): string {
	return `${JSON.stringify(value, undefined, 2)}\n`;
}

/** By the long name of each flag; those in the list take a value. */
const withValue: Readonly<Record<string, string>> = {
	r: 'runtime-endpoint',
	'runtime-endpoint': 'runtime-endpoint',
	i: 'image-endpoint',
	'image-endpoint': 'image-endpoint',
	t: 'timeout',
	timeout: 'timeout',
	T: 'cancel-timeout',
	c: 'config',
	config: 'config',
	o: 'output',
	output: 'output',
	s: 'state',
	state: 'state',
	name: 'name',
	id: 'id',
	template: 'template',
	label: 'label',
	namespace: 'namespace',
	runtime: 'runtime',
};
const short: Readonly<Record<string, string>> = {quiet: 'q', f: 'force'};

function parse(all: readonly string[]): readonly [string, Options] {
	const flags = new Map<string, string>();
	const words: string[] = [];
	for (let at = 0; at < all.length; at += 1) {
		const flag = /^--?([\w-]+)(?:=(.*))?$/.exec(all[at] ?? '');
		const name = flag?.[1] ?? '';
		const long = withValue[name];
		if (flag === null) {
			words.push(all[at] ?? '');
		} else if (long === undefined) {
			flags.set(short[name] ?? name, flag[2] ?? '');
		} else {
			flags.set(long, flag[2] ?? all[++at] ?? '');
		}
	}

	const [verb = '', ...rest] = words;
	return [verb, {flags, words: rest}];
}
