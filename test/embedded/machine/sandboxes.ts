import {randomBytes} from 'node:crypto';
import {existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import type {NetworkList} from './conf-dir.ts';

export type PodOfSandbox = {
	readonly name: string;
	readonly namespace: string;
	readonly uid: string;
	readonly attempt: number;
	readonly hostNetwork: boolean;
};

export type Sandbox = PodOfSandbox & {
	readonly id: string;
	readonly createdAt: number;
	readonly state: 'SANDBOX_READY' | 'SANDBOX_NOTREADY';
	/** Empty on the host's network and after its DEL. */
	readonly ip: string;
};

export function newSandbox(pod: PodOfSandbox): Sandbox {
	return {...pod, id: randomBytes(32).toString('hex'), createdAt: Date.now(), state: 'SANDBOX_READY', ip: ''};
}

/** What ADD leaves on the node: host-local's lease and libcni's cached result. Returns the address. */
export function lease(root: string, list: NetworkList, sandbox: Sandbox): string {
	const directory = leaseDir(root, list);
	mkdirSync(directory, {recursive: true});
	const prefix = subnetOf(list).split('.').slice(0, 3).join('.');
	const taken = new Set(readdirSync(directory));
	let last = 1;
	do {
		last += 1;
	} while (taken.has(`${prefix}.${last}`));
	const ip = `${prefix}.${last}`;
	writeFileSync(join(directory, ip), `${sandbox.id}\r\neth0`);
	writeFileSync(join(directory, 'last_reserved_ip.0'), ip);
	writeFileSync(join(directory, 'lock'), '');
	const results = join(root, '/var/lib/cni/results');
	mkdirSync(results, {recursive: true});
	writeFileSync(join(results, resultName(list, sandbox.id)), JSON.stringify(cached(list, sandbox, ip)));
	return ip;
}

/** What DEL takes away again. */
export function release(root: string, list: NetworkList | undefined, id: string): void {
	const networks = join(root, '/var/lib/cni/networks');
	for (const network of existsSync(networks) ? readdirSync(networks) : []) {
		for (const file of leasesIn(join(networks, network), id)) {
			rmSync(file);
		}
	}

	if (list !== undefined) {
		rmSync(join(root, '/var/lib/cni/results', resultName(list, id)), {force: true});
	}
}

function leasesIn(directory: string, id: string): readonly string[] {
	return readdirSync(directory)
		.map(name => join(directory, name))
		.filter(file => readFileSync(file, 'utf8').split('\r\n')[0] === id);
}

function leaseDir(root: string, {name, plugins}: NetworkList): string {
	const dataDir = plugins.find(({ipam}) => ipam?.dataDir !== undefined)?.ipam?.dataDir ?? '/var/lib/cni/networks';
	return join(root, dataDir, name);
}

function subnetOf({plugins}: NetworkList): string {
	const ipam = plugins.find(({ipam}) => ipam !== undefined)?.ipam;
	return ipam?.ranges?.[0]?.[0]?.subnet ?? ipam?.subnet ?? '10.88.0.0/16';
}

function resultName({name}: NetworkList, id: string): string {
	return `${name}-${id}-eth0`;
}

/** As libcni keeps it (taken from a node with containerd 1.7.24). */
function cached(list: NetworkList, {id, name, namespace, uid}: Sandbox, ip: string): object {
	const sandbox = `/var/run/netns/cni-${id.slice(0, 8)}`;
	return {
		kind: 'cniCacheV1',
		containerId: id,
		config: Buffer.from(list.source).toString('base64'),
		ifName: 'eth0',
		networkName: list.name,
		cniArgs: [
			['K8S_POD_UID', uid],
			['IgnoreUnknown', '1'],
			['K8S_POD_NAMESPACE', namespace],
			['K8S_POD_NAME', name],
			['K8S_POD_INFRA_CONTAINER_ID', id],
		],
		result: {
			cniVersion: list.cniVersion || '0.1.0',
			dns: {},
			interfaces: [{name: 'cni0'}, {name: vethOf(id)}, {name: 'eth0', sandbox}],
			ips: [{address: `${ip}/24`, gateway: ip.replace(/\d+$/, '1'), interface: 2}],
			routes: [{dst: '0.0.0.0/0'}],
		},
	};
}

/** The host side of a sandbox's interface. */
export function vethOf(id: string): string {
	return `veth${id.slice(0, 8)}`;
}
