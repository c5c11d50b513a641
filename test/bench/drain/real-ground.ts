import {randomBytes} from 'node:crypto';
import {readFileSync, statSync} from 'node:fs';
import {setTimeout as sleep} from 'node:timers/promises';
import {systemClock} from '../../../lib/clock.ts';
import type {Api} from '../../../lib/cluster/api.ts';
import {connect} from '../../../lib/cluster/connect.ts';
import {ApiError} from '../../../lib/cluster/errors.ts';
import {asText, field} from '../../../lib/cluster/json.ts';
import {podsPath} from '../../../lib/cluster/pods.ts';
import {watchPods} from '../../../lib/cluster/watch.ts';
import {type Ground, pods, terminationSeconds} from './ground.ts';

/** Where a real API server is, and the audit log in which it counts requests. */
export type RealServer = {readonly kubeconfig: string; readonly auditLog: string};

/**
A node of a real API server that no machine stands behind: its kubelet is in this process, and only ends pods. All that is made has a name of
its own and is removed in `stop`.
*/
export async function realGround({kubeconfig, auditLog}: RealServer): Promise<Ground> {
	const name = `cni-upgrade-bench-${randomBytes(4).toString('hex')}`;
	const over = new AbortController();
	const {signal} = over;
	const api = await as(kubeconfig, `${name}-kubelet`, signal);
	const from = statSync(auditLog).size;
	const kubelet = new Kubelet(api, name, signal);
	const ground: Ground = {
		kubeconfig,
		node: name,
		user: name,
		stats: async () => ({...(await requestsOf(auditLog, from, name)), lastGone: kubelet.lastGone}),
		async stop() {
			over.abort();
			await remove(await as(kubeconfig, `${name}-kubelet`, new AbortController().signal), name);
		},
	};
	try {
		await plant(api, name, signal);
		await kubelet.start();
		return ground;
	} catch (error) {
		await ground.stop();
		throw error;
	}
}

async function as(kubeconfig: string, user: string, signal: AbortSignal): Promise<Api> {
	const context = {env: {}, clock: systemClock, signal, stderr: process.stderr};
	return connect({kubeconfig, as: user, asGroup: ['system:masters']}, context);
}

async function plant(api: Api, name: string, signal: AbortSignal): Promise<void> {
	const post = async (path: string, body: object) => api.request({method: 'POST', path, body, signal});
	await post('/api/v1/nodes', {apiVersion: 'v1', kind: 'Node', metadata: {name}, spec: {unschedulable: true}});
	await post('/api/v1/namespaces', {apiVersion: 'v1', kind: 'Namespace', metadata: {name}});
	await until(async () => isThere(api, `/api/v1/namespaces/${name}/serviceaccounts/default`, signal));
	await Promise.all(
		Array.from({length: pods}, async (_, index) =>
			post(podsPath(name), {
				apiVersion: 'v1',
				kind: 'Pod',
				metadata: {name: `web-${index + 1}`},
				spec: {
					nodeName: name,
					terminationGracePeriodSeconds: 30,
					automountServiceAccountToken: false,
					tolerations: [{operator: 'Exists'}],
					containers: [{name: 'main', image: 'registry.k8s.io/pause:3.10'}],
				},
			}),
		),
	);
}

async function isThere(api: Api, path: string, signal: AbortSignal): Promise<boolean> {
	try {
		await api.request({path, signal});
		return true;
	} catch (error) {
		if (error instanceof ApiError && error.status === 404) {
			return false;
		}

		throw error;
	}
}

/** Ends each pod ten seconds after its deletion was asked for. */
class Kubelet {
	lastGone = Number.NaN;
	readonly #api: Api;
	readonly #node: string;
	readonly #signal: AbortSignal;
	readonly #ending = new Set<string>();

	constructor(api: Api, node: string, signal: AbortSignal) {
		this.#api = api;
		this.#node = node;
		this.#signal = signal;
	}

	async start(): Promise<void> {
		const {json} = await this.#api.request({path: podsPath(this.#node), query: {limit: 1}, signal: this.#signal});
		const resourceVersion = asText(field(json, 'metadata', 'resourceVersion'));
		void this.#run(resourceVersion).catch((error: unknown) => {
			if (!this.#signal.aborted) {
				throw error;
			}
		});
	}

	async #run(resourceVersion: string): Promise<void> {
		const events = watchPods(this.#api, {
			namespace: this.#node,
			resourceVersion,
			clock: systemClock,
			signal: this.#signal,
			relist: async () => {
				throw new Error('the watch of the benchmark has lost its place');
			},
		});
		for await (const event of events) {
			if (event.type === 'DELETED') {
				this.lastGone = Date.now();
			} else if (event.type === 'MODIFIED') {
				const metadata = field(event.pod, 'metadata');
				const uid = asText(field(metadata, 'uid'));
				if (asText(field(metadata, 'deletionTimestamp')) !== '' && !this.#ending.has(uid)) {
					this.#ending.add(uid);
					void this.#end(asText(field(metadata, 'name')));
				}
			}
		}
	}

	async #end(name: string): Promise<void> {
		await sleep(terminationSeconds * 1000);
		const body = {apiVersion: 'v1', kind: 'DeleteOptions', gracePeriodSeconds: 0};
		await this.#api.request({method: 'DELETE', path: podsPath(this.#node, name), body, signal: this.#signal});
	}
}

/** Requests of one user in the audit log, each counted once whatever its stages. */
async function requestsOf(auditLog: string, from: number, user: string) {
	// The log is written a moment later.
	await sleep(1000);
	const seen = new Map<string, string>();
	const text = readFileSync(auditLog).subarray(from).toString();
	for (const line of text.split('\n').filter(line => line.includes(user))) {
		const event: unknown = JSON.parse(line);
		if (field(event, 'impersonatedUser', 'username') === user) {
			const [resource, subresource] = ['resource', 'subresource'].map(key => asText(field(event, 'objectRef', key)));
			const what = resource === '' ? asText(field(event, 'requestURI')).replace(/\?.*/, '') : resource;
			const key = `${asText(field(event, 'verb'))} ${what}${subresource === '' ? '' : `/${subresource}`}`;
			seen.set(asText(field(event, 'auditID')), key);
		}
	}

	const byVerb: Record<string, number> = {};
	for (const key of seen.values()) {
		byVerb[key] = (byVerb[key] ?? 0) + 1;
	}

	return {requests: seen.size, byVerb};
}

async function remove(api: Api, name: string): Promise<void> {
	const signal = AbortSignal.timeout(60_000);
	const drop = async (path: string, body: object = {}) =>
		api
			.request({method: 'DELETE', path, body: {apiVersion: 'v1', kind: 'DeleteOptions', ...body}, signal})
			.catch((error: unknown) => {
				if (!(error instanceof ApiError && error.status === 404)) {
					throw error;
				}
			});
	try {
		// Nobody else would end what is left.
		await drop(podsPath(name), {gracePeriodSeconds: 0});
		await drop(`/api/v1/namespaces/${name}`);
		await drop(`/api/v1/nodes/${name}`);
		await until(async () => !(await isThere(api, `/api/v1/namespaces/${name}`, signal)));
	} finally {
		api.close();
	}
}

async function until(holds: () => Promise<boolean>): Promise<void> {
	while (!(await holds())) {
		await sleep(100);
	}
}
