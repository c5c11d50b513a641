import {eventually} from '../../contract/objects.ts';
import type {Json, PlainClient} from '../../contract/plain-client.ts';
import type {Scope} from './rig-node.ts';

const image = 'docker.io/library/busybox:1.37';

/** A pod of a Deployment and one of a DaemonSet, as every node has them, on the nodes that are named. */
export class Workload {
	readonly #client: PlainClient;
	readonly #namespace: string;
	readonly #nodes: readonly string[];
	readonly #graceSeconds: number;

	/** @param nodes - The first is the one where the Deployment's pod starts; while it is cordoned the others take it. */
	constructor(client: PlainClient, namespace: string, nodes: readonly string[], {graceSeconds = 1} = {}) {
		this.#client = client;
		this.#namespace = namespace;
		this.#nodes = nodes;
		this.#graceSeconds = graceSeconds;
	}

	/** Until the end of the test. */
	async start(t: Scope): Promise<void> {
		t.teardown(async () => this.stop());
		await this.#post('apps/v1', 'deployments', {
			metadata: {name: 'web'},
			spec: {replicas: 1, ...podsOf('web', this.#nodes, this.#graceSeconds)},
		});
		await this.#post('apps/v1', 'daemonsets', {metadata: {name: 'agent'}, spec: podsOf('agent', this.#nodes, 1)});
		if (
			!(await eventually(
				async () => (await this.addresses('agent')).size === this.#nodes.length && (await this.addresses('web')).size === 1,
			))
		) {
			throw new Error(`the pods in namespace/${this.#namespace} do not start`);
		}
	}

	/** Removes the pods, and waits until none is left on a node. */
	async stop(): Promise<void> {
		for (const [group, kind, name] of [
			['policy/v1', 'poddisruptionbudgets', 'web'],
			['apps/v1', 'deployments', 'web'],
			['apps/v1', 'daemonsets', 'agent'],
		]) {
			await this.#client.call('DELETE', `/apis/${group}/namespaces/${this.#namespace}/${kind}/${name}`, {
				query: {propagationPolicy: 'Background'},
			});
		}

		const left = async () => (await this.#client.call('GET', `/api/v1/namespaces/${this.#namespace}/pods`)).json.items.length;
		if (!(await eventually(async () => (await left()) === 0))) {
			throw new Error(`the pods in namespace/${this.#namespace} do not go`);
		}
	}

	/** A budget that lets none of the Deployment's pods go. */
	async forbidEvictions(): Promise<void> {
		await this.#post('policy/v1', 'poddisruptionbudgets', {
			metadata: {name: 'web'},
			spec: {minAvailable: 1, selector: {matchLabels: {app: 'web'}}},
		});
	}

	/** The address of each Ready pod of an app, by node. */
	async addresses(app: string): Promise<ReadonlyMap<string, string>> {
		const query = {labelSelector: `app=${app}`};
		const {json} = await this.#client.call('GET', `/api/v1/namespaces/${this.#namespace}/pods`, {query});
		return new Map(
			json.items
				.filter(({status}: Json) => status.conditions?.some(({type, status: is}: Json) => type === 'Ready' && is === 'True'))
				.map(({spec, status}: Json) => [spec.nodeName, status.podIP]),
		);
	}

	async #post(group: string, kind: string, body: object): Promise<void> {
		const {status, text} = await this.#client.call('POST', `/apis/${group}/namespaces/${this.#namespace}/${kind}`, {body});
		if (status !== 201) {
			throw new Error(`${kind}: ${status} ${text}`);
		}
	}
}

/** A pod that needs the time that it is given to end. */
function podsOf(app: string, nodes: readonly string[], graceSeconds: number) {
	const required = {nodeSelectorTerms: [{matchExpressions: [{key: 'kubernetes.io/hostname', operator: 'In', values: nodes}]}]};
	const preferred = [
		{weight: 100, preference: {matchExpressions: [{key: 'kubernetes.io/hostname', operator: 'In', values: nodes.slice(0, 1)}]}},
	];
	return {
		selector: {matchLabels: {app}},
		template: {
			metadata: {labels: {app}},
			spec: {
				affinity: {
					nodeAffinity: {
						requiredDuringSchedulingIgnoredDuringExecution: required,
						preferredDuringSchedulingIgnoredDuringExecution: preferred,
					},
				},
				terminationGracePeriodSeconds: graceSeconds,
				automountServiceAccountToken: false,
				containers: [
					{
						name: 'main',
						image,
						imagePullPolicy: 'IfNotPresent',
						command: ['/bin/sh', '-c', 'trap "" TERM; while :; do sleep 1; done'],
					},
				],
			},
		},
	};
}
