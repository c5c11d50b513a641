import {writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {runChild} from '../../scale/child.ts';
import {startFleet} from '../../scale/fleet.ts';
import {type BenchRow, isThere, seconds, times} from '../bench.ts';

const nodes = 20;

/** What a script does for one node: the pod that `kubectl debug node` makes, then its end, its answer, and its removal. */
const chain = `
kubectl create --validate=false -f "$1/$2.json" &&
kubectl wait --for=jsonpath={.status.phase}=Succeeded --timeout=30s "pod/$2" &&
kubectl logs "pod/$2" &&
kubectl delete "pod/$2"`;

export const peers: BenchRow = {
	name: 'peers',
	title: `${nodes} nodes, against a script of kubectl create, wait, logs and delete for each`,
	async run({program}) {
		if (!(await isThere(['kubectl', 'version', '--client']))) {
			return ['kubectl is not here: nothing to compare with'];
		}

		const measured = [];
		for (const [title, command] of [
			['preflight', [...program, 'preflight']],
			['kubectl, one after the other', script(1)],
			['kubectl, 8 at a time', script(8)],
		] as const) {
			measured.push({title, ...(await measure(command))});
		}

		const ours = measured[0]?.ms ?? Number.NaN;
		return [
			{
				head: ['WAY', 'WALL', 'RATIO', 'REQUESTS/NODE', 'PODS MADE', 'PODS LEFT', 'EXIT'],
				rows: measured.map(({title, ms, code, stats}) => [
					title,
					seconds(ms),
					times(ms / ours),
					(stats.requests / nodes).toFixed(2),
					String(stats.pods.made),
					String(stats.pods.now),
					String(code),
				]),
			},
			'"kubectl debug node" itself sends protobuf, which the embedded cluster does not read: "create" of the same pod stands in for it.',
		];
	},
};

function script(parallel: number): readonly [string, ...string[]] {
	return ['sh', '-c', `ls "$DIR" | sed -n 's/\\.json$//p' | xargs -P${parallel} -I@ sh -c '${chain}' sh "$DIR" @ >/dev/null`];
}

async function measure(command: readonly [string, ...string[]]) {
	const fleet = await startFleet({nodes});
	try {
		for (let index = 1; index <= nodes; index += 1) {
			const name = `node-debugger-${index}`;
			writeFileSync(
				join(fleet.directory, `${name}.json`),
				JSON.stringify(debugPod(name, `node-${String(index).padStart(5, '0')}`)),
			);
		}

		const {code, ms, stderr} = await runChild(command, {
			KUBECONFIG: fleet.kubeconfig,
			HOME: fleet.directory,
			DIR: fleet.directory,
		});
		if (code !== 0 && code !== 3) {
			process.stderr.write(stderr);
		}

		return {code, ms, stats: await fleet.stats()};
	} finally {
		await fleet.stop();
	}
}

/** As kubectl 1.32 makes it with its general profile, as far as it matters here. */
function debugPod(name: string, node: string): object {
	return {
		apiVersion: 'v1',
		kind: 'Pod',
		metadata: {name, namespace: 'default', labels: {'app.kubernetes.io/managed-by': 'kubectl-debug'}},
		spec: {
			nodeName: node,
			hostNetwork: true,
			restartPolicy: 'Never',
			tolerations: [{operator: 'Exists'}],
			containers: [
				{
					name: 'debugger',
					image: 'registry.k8s.io/kube-proxy:v1.34.2',
					imagePullPolicy: 'IfNotPresent',
					command: ['chroot', '/host', 'cat', '/etc/cni/net.d/10-mynet.conflist'],
					volumeMounts: [{name: 'host-root', mountPath: '/host'}],
				},
			],
			volumes: [{name: 'host-root', hostPath: {path: '/'}}],
		},
	};
}
