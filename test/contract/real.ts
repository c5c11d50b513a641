import {readFileSync} from 'node:fs';
import {parse} from 'yaml';
import type {ContractRule, Server} from './contract.ts';
import {eventually} from './objects.ts';
import {type Json, PlainClient} from './plain-client.ts';

/** What everything that this suite makes is labelled with. */
const label = 'cni-upgrade.test/contract';

/** After so long a run is over, or was killed. */
const longestRunMs = 1_800_000;

const rbac = '/apis/rbac.authorization.k8s.io/v1';

type Place = {readonly node: string; readonly image: string};

/** A cluster that is really there. */
export class RealCluster {
	readonly client: PlainClient;
	readonly #run = Date.now().toString(36);
	readonly #compact: (() => Promise<void>) | undefined;
	readonly #nodeName: string | undefined;
	#chosen: Promise<Place> | undefined;
	#made: string[] = [];
	#users = 0;

	/** Pods run on `node`, or on the first that is Ready. */
	constructor(client: PlainClient, options: {readonly node?: string; readonly compact?: () => Promise<void>} = {}) {
		this.client = client;
		this.#nodeName = options.node;
		this.#compact = options.compact;
	}

	/** For cases that only read. */
	async reader(): Promise<Server> {
		return {...(await this.#place()), client: this.client, namespace: 'default', userWith: refuseToWrite, compact: undefined};
	}

	/** With a namespace that was made for it, in which pods can be made. */
	async server(index: number): Promise<Server> {
		const namespace = `contract-${this.#run}-${index}`;
		await this.#make('/api/v1/namespaces', {metadata: {name: namespace}});
		await this.serviceAccountIn(namespace);
		return {
			...(await this.#place()),
			client: this.client,
			namespace,
			userWith: async rules => this.#user(namespace, rules),
			compact: this.#compact,
		};
	}

	/** Waits until pods may be made in a namespace. */
	async serviceAccountIn(namespace: string): Promise<void> {
		const path = `/api/v1/namespaces/${namespace}/serviceaccounts/default`;
		if (!(await eventually(async () => (await this.client.call('GET', path)).status === 200))) {
			throw new Error(`${path} was not made`);
		}
	}

	/** Takes away what this run made, and what runs that were killed have left; another run may be at work beside this one. */
	async clean(): Promise<void> {
		for (const path of this.#made.splice(0)) {
			await this.client.call('DELETE', path);
		}

		for (const path of [`${rbac}/clusterroles`, `${rbac}/clusterrolebindings`, '/api/v1/namespaces']) {
			const {json} = await this.client.call('GET', path, {query: {labelSelector: label}});
			for (const {metadata} of json.items) {
				if (this.#isLeft(metadata.labels[label])) {
					await this.client.call('DELETE', `${path}/${metadata.name}`);
				}
			}
		}
	}

	/** A run is named after the time of its start. */
	#isLeft(run: string): boolean {
		return run === this.#run || Number.parseInt(run, 36) < Date.now() - longestRunMs;
	}

	/** Chosen once: a case that cordons the node must not take it from the others. */
	async #place(): Promise<Place> {
		this.#chosen ??= this.#choose();
		return this.#chosen;
	}

	/** A node that is Ready and an image with a shell that it holds: of several, the first by name. */
	async #choose(): Promise<Place> {
		const {json} = await this.client.call('GET', '/api/v1/nodes');
		const isReady = ({status, spec, metadata}: Json) =>
			(this.#nodeName ?? metadata.name) === metadata.name &&
			spec.unschedulable !== true &&
			status.conditions?.some(({type, status}: Json) => type === 'Ready' && status === 'True');
		const node = json.items.find((node: Json) => isReady(node)) ?? (this.#nodeName === undefined ? json.items[0] : undefined);
		if (this.#nodeName !== undefined && node === undefined) {
			throw new Error(`node ${this.#nodeName} is not Ready`);
		}

		const names: string[] = (node?.status.images ?? []).flatMap(({names}: Json) => names);
		const image = names.find(name => /busybox|alpine/.test(name) && !name.includes('@')) ?? 'busybox:1.37';
		return {node: node?.metadata.name ?? 'no-node', image};
	}

	async #user(namespace: string, rules: readonly ContractRule[]): Promise<{name: string; client: PlainClient}> {
		this.#users += 1;
		const name = `${namespace}-user-${this.#users}`;
		const places = new Set(rules.flatMap(({namespaces}) => namespaces ?? ['']));
		for (const place of places) {
			const kind = place === '' ? 'ClusterRole' : 'Role';
			const base = `${rbac}${place === '' ? '' : `/namespaces/${place}`}`;
			const here = rules.filter(({namespaces}) => (place === '' ? namespaces === undefined : namespaces?.includes(place)));
			const metadata = {name};
			await this.#make(`${base}/${kind.toLowerCase()}s`, {
				metadata,
				rules: here.map(({verbs, apiGroups = [''], resources}) => ({verbs, apiGroups, resources})),
			});
			await this.#make(`${base}/${kind.toLowerCase()}bindings`, {
				metadata,
				roleRef: {apiGroup: 'rbac.authorization.k8s.io', kind, name},
				subjects: [{apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name}],
			});
		}

		const client = this.client.actingAs(name);
		await this.#untilKnown(client, rules);
		return {name, client};
	}

	/** The authorizer hears of new roles by a watch. */
	async #untilKnown(client: PlainClient, [rule]: readonly ContractRule[]): Promise<void> {
		if (rule === undefined) {
			return;
		}

		const [resource, subresource] = (rule.resources[0] ?? '').split('/');
		const {
			apiGroups: [group] = [''],
			verbs: [verb],
			namespaces: [namespace] = [''],
		} = rule;
		const body = {spec: {resourceAttributes: {verb, group, resource, subresource, namespace}}};
		await eventually(async () => {
			const {json} = await client.call('POST', '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews', {body});
			return json.status?.allowed === true;
		});
	}

	async #make(
		path: string,
		body: {readonly metadata: {readonly name: string}; readonly [field: string]: unknown},
	): Promise<void> {
		const labelled = {...body, metadata: {...body.metadata, labels: {[label]: this.#run}}};
		const {status, text} = await this.client.call('POST', path, {body: labelled});
		if (status !== 201) {
			throw new Error(`POST ${path}: ${status} ${text}`);
		}

		this.#made.push(`${path}/${body.metadata.name}`);
	}
}

async function refuseToWrite(): Promise<never> {
	throw new Error('this case may only read');
}

/** A client for the current context of a kubeconfig with a client certificate or a token. */
export function clientOf(kubeconfig: string): PlainClient {
	const config = parse(readFileSync(kubeconfig, 'utf8'));
	const named = (list: Json[], name: string) => list.find(item => item.name === name);
	const {context} = named(config.contexts, config['current-context']);
	const {cluster} = named(config.clusters, context.cluster);
	const {user} = named(config.users, context.user);
	const pem = (data: string | undefined, file: string | undefined) =>
		data === undefined ? (file === undefined ? undefined : readFileSync(file, 'utf8')) : Buffer.from(data, 'base64').toString();
	const cert = pem(user['client-certificate-data'], user['client-certificate']);
	const key = pem(user['client-key-data'], user['client-key']);
	return new PlainClient({
		url: cluster.server,
		ca: pem(cluster['certificate-authority-data'], cluster['certificate-authority']) ?? '',
		...(cert !== undefined && key !== undefined && {cert, key}),
		...(user.token !== undefined && {token: user.token}),
	});
}
