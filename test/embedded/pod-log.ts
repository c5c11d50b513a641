import type {ServerResponse} from 'node:http';
import type {Kubelets} from './kubelet.ts';
import {keyOf, type Node, type Pod} from './objects.ts';
import {isTrue, type RequestInfo} from './request-info.ts';
import {refuse} from './status.ts';
import type {Store} from './store.ts';

const known: readonly string[] = ['container', 'tailLines', 'limitBytes', 'follow', 'pretty'];

/** GET of a pod's log: what its container wrote, once it ended. */
export function answerLog(store: Store, kubelets: Kubelets, info: RequestInfo, response: ServerResponse): void {
	const {query, namespace, name} = info;
	const unknown = [...query.keys()].find(key => !known.includes(key));
	if (unknown !== undefined || isTrue(query.get('follow'))) {
		throw refuse.notImplemented(`logs with ${unknown ?? 'follow'}`);
	}

	const pod = store.get('pods', keyOf({namespace, name})) as Pod | undefined;
	if (pod === undefined) {
		throw refuse.notFound({group: '', resource: 'pods', name});
	}

	const container = pod.spec.containers[0]?.name ?? '';
	const wanted = query.get('container') ?? container;
	if (wanted !== container) {
		throw refuse.badRequest(`container ${wanted} is not valid for pod ${name}`);
	}

	const node = pod.spec.nodeName ?? '';
	if (kubelets.faults.isSilent(node)) {
		const address = (store.get('nodes', node) as Node | undefined)?.status.addresses[0]?.address ?? node;
		throw refuse.internal(
			`Get "https://${address}:10250/containerLogs/${namespace}/${name}/${container}": dial tcp ${address}:10250: connect: no route to host`,
		);
	}

	if (kubelets.faults.has(node, 'mute-log')) {
		response.writeHead(200, {'content-type': 'text/plain'}).write('.');
		return;
	}

	if (kubelets.faults.has(node, 'endless-log')) {
		sendForEver(response.writeHead(200, {'content-type': 'text/plain'}));
		return;
	}

	const log = kubelets.log(pod);
	if (log === undefined) {
		throw refuse.badRequest(`container "${container}" in pod "${name}" is waiting to start: ${waitingReason(pod)}`);
	}

	const lines = cutLines(log, query.get('tailLines'));
	const limit = query.get('limitBytes');
	response.writeHead(200, {'content-type': 'text/plain'});
	response.end(limit === null ? lines : lines.subarray(0, Number(limit)));
}

function sendForEver(response: ServerResponse): void {
	const chunk = Buffer.alloc(65_536, 'endless log\n');
	const more = () => {
		while (!response.destroyed && response.write(chunk)) {
			// Until its buffer is full.
		}
	};
	response.on('drain', more);
	more();
}

function waitingReason({status}: Pod): string {
	const [container] = (status['containerStatuses'] ?? []) as readonly {
		readonly state?: {readonly waiting?: {readonly reason?: string}};
	}[];
	return container?.state?.waiting?.reason ?? 'ContainerCreating';
}

function cutLines(log: Buffer, tailLines: string | null): Buffer {
	if (tailLines === null) {
		return log;
	}

	const lines = log.toString('latin1').split('\n');
	const last = lines.at(-1) === '' ? 1 : 0;
	return Buffer.from(lines.slice(Math.max(0, lines.length - last - Number(tailLines))).join('\n'), 'latin1');
}
