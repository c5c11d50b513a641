import {spawn} from 'node:child_process';
import {readFileSync} from 'node:fs';
import {eventually} from '../../contract/objects.ts';
import type {Json, PlainClient} from '../../contract/plain-client.ts';
import type {Rig} from './cluster.ts';

/** What an upgrade may write to on a node of the rig. */
const replaced = '/etc/cni /opt/cni /usr/lib/cni /etc/containerd /etc/crio /etc/systemd/system /usr/local/bin /etc/crictl.yaml';

const lookScript = `for place in ${replaced} /usr/bin/containerd* /usr/bin/ctr /usr/sbin/runc; do
	[ ! -e "$place" ] || find "$place" -printf '%p %y %m %U:%G %l\\n' ! -name kubelet -type f -exec sha256sum {} +
done | sort
dpkg-query -W -f '\${Package} \${Version} \${db:Status-Abbrev}\\n'
apt-mark showhold
for unit in containerd crio kubelet cni-upgrade; do echo "$unit $(systemctl is-active $unit) $(systemctl is-enabled $unit 2>/dev/null)"; done
`;

const endScript = `systemctl stop cni-upgrade.service 2>/dev/null
rm -f /etc/systemd/system/cni-upgrade.service /etc/systemd/system/multi-user.target.wants/cni-upgrade.service
rm -rf /etc/systemd/system/*.service.d/00-cni-upgrade.conf /var/lib/cni-upgrade
for unit in containerd crio kubelet; do [ ! -d /etc/systemd/system/$unit.service.d ] || rmdir --ignore-fail-on-non-empty /etc/systemd/system/$unit.service.d; done
systemctl daemon-reload
`;

/** What is to be done at the end: of a test, or of the time for which it has its nodes to itself. */
export type Scope = {readonly teardown: (work: () => unknown) => void};

const lastOf = new Map<string, Promise<unknown>>();

/** Waits until nobody in this file works on these nodes, and keeps the others waiting until all is cleared up. */
export async function exclusively(nodes: readonly string[], work: (scope: Scope) => Promise<void>): Promise<void> {
	const before = Promise.all(nodes.map(async node => lastOf.get(node)));
	const mine = before.then(async () => {
		const ends: (() => unknown)[] = [];
		try {
			await work({teardown: end => ends.push(end)});
		} finally {
			for (const end of ends.toReversed()) {
				await end();
			}
		}
	});
	const settled = mine.catch(() => undefined);
	for (const node of nodes) {
		lastOf.set(node, settled);
	}

	return mine;
}

/** A node of the rig, as an operator and as the API sees it. */
export class RigNode {
	readonly name: string;
	readonly #rig: Rig;
	readonly #client: PlainClient;

	constructor(name: string, rig: Rig, client: PlainClient) {
		this.name = name;
		this.#rig = rig;
		this.#client = client;
	}

	/** Runs a script as root by SSH. Rejects with what it said where it does not end with 0. */
	async run(script: string): Promise<string> {
		return sshTo(this.#rig, this.name, 'sh -s', script);
	}

	/** Runs a command as root with a file as its input. */
	async bring(file: string, command: string): Promise<void> {
		await sshTo(this.#rig, this.name, command, readFileSync(file));
	}

	/** Whatever a run changes on the node or of it in the API, as text in a fixed order. */
	async look(): Promise<string> {
		const {spec, metadata, status} = await this.object();
		const ready = status.conditions.find(({type}: Json) => type === 'Ready').status;
		const annotations = Object.keys(metadata.annotations ?? {}).filter(key => key.startsWith('cni-upgrade'));
		const lease = await this.#client.call(
			'GET',
			`/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/cni-upgrade-${this.name}`,
		);
		const ofApi = [
			`ready ${ready}`,
			`unschedulable ${spec.unschedulable === true}`,
			// Those of a node that is not Ready come and go with that, one after the other.
			`taints ${(spec.taints ?? []).flatMap(({key, effect}: Json) => (key === 'node.kubernetes.io/not-ready' ? [] : [`${key}:${effect}`])).join(' ')}`,
			`annotations ${annotations.join(' ')}`,
			`lease ${lease.status}`,
			`pods ${(await this.ourPods()).join(' ')}`,
		];
		return `${await this.run(lookScript)}${ofApi.join('\n')}\n`;
	}

	async object(): Promise<Json> {
		return (await this.#client.call('GET', `/api/v1/nodes/${this.name}`)).json;
	}

	/** Pods of the tool that are on this node. */
	async ourPods(): Promise<readonly string[]> {
		const query = {
			labelSelector: 'app.kubernetes.io/managed-by=kubectl-cni-upgrade',
			fieldSelector: `spec.nodeName=${this.name}`,
		};
		const {json} = await this.#client.call('GET', '/api/v1/pods', {query});
		return json.items.map(({metadata}: Json) => `${metadata.namespace}/${metadata.name}`);
	}

	/** Keeps the node as it is now, for the end of the test, whatever that does. Gives back what `look` says of it. */
	async keep(t: Scope, {packages = ''}: {readonly packages?: string} = {}): Promise<string> {
		await this.run(
			`tar -C / -cf /root/kept.tar --exclude=usr/local/bin $(for place in ${replaced}; do [ ! -e "$place" ] || echo "\${place#/}"; done)`,
		);
		const before = await this.look();
		t.teardown(async () => this.#bringBack(before, packages));
		return before;
	}

	async isReady(): Promise<boolean> {
		const {status} = await this.object();
		return status.conditions.some(({type, status: is}: Json) => type === 'Ready' && is === 'True');
	}

	async #bringBack(before: string, packages: string): Promise<void> {
		await this.run(endScript);
		await this.#client.call('PATCH', `/api/v1/nodes/${this.name}`, {
			body: {spec: {unschedulable: null, taints: null}, metadata: {annotations: {'cni-upgrade/run': null}}},
			headers: {'content-type': 'application/merge-patch+json'},
		});
		await this.#client.call('DELETE', `/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/cni-upgrade-${this.name}`);
		for (const pod of await this.ourPods()) {
			const [namespace, name] = pod.split('/');
			await this.#client.call('DELETE', `/api/v1/namespaces/${namespace}/pods/${name}`, {query: {gracePeriodSeconds: 0}});
		}

		const isBack = async () => (await this.look()) === before;
		if (!(await isBack())) {
			await this.run(`systemctl stop kubelet containerd crio 2>/dev/null
${packages}
rm -rf /etc/cni /opt/cni /usr/lib/cni
tar -C / -xf /root/kept.tar
systemctl daemon-reload
systemctl reset-failed
if [ -e /etc/systemd/system/crio.service ]; then systemctl restart crio; else systemctl restart containerd; fi
systemctl restart kubelet`);
		}

		if (!(await eventually(isBack))) {
			throw new Error(`node/${this.name} is not as it was before the test`);
		}
	}
}

async function sshTo(rig: Rig, machine: string, command: string, input: string | Buffer): Promise<string> {
	const words = ['-F', rig.sshConfig, '-o', 'BatchMode=yes', '-o', 'ConnectTimeout=10', machine, command];
	const child = spawn('ssh', words, {stdio: ['pipe', 'pipe', 'pipe']});
	const [out, err]: [string[], string[]] = [[], []];
	child.stdout.setEncoding('utf8').on('data', text => out.push(text));
	child.stderr.setEncoding('utf8').on('data', text => err.push(text));
	child.stdin.on('error', () => undefined);
	child.stdin.end(input);
	return new Promise((resolve, reject) => {
		child.on('error', reject);
		child.on('close', code => {
			if (code === 0) {
				resolve(out.join(''));
			} else {
				reject(new Error(`${machine}: ${code}: ${err.join('').trim()}`));
			}
		});
	});
}
