import type {ServerResponse} from 'node:http';
import type {ContainerLog} from './container-log.ts';
import {findContainer} from './exec.ts';
import type {Kubelets} from './kubelet.ts';
import type {Node, Pod} from './objects.ts';
import {isTrue, type RequestInfo} from './request-info.ts';
import {ApiStatus, refuse} from './status.ts';
import type {Store} from './store.ts';

const known: readonly string[] = [
	'container',
	'tailLines',
	'limitBytes',
	'follow',
	'previous',
	'sinceSeconds',
	'sinceTime',
	'timestamps',
	'pretty',
];

/** GET of a pod's log: what a container wrote so far, or until it ends. */
export function answerLog(store: Store, kubelets: Kubelets, info: RequestInfo, response: ServerResponse): void {
	const {query, namespace, name} = info;
	const unknown = [...query.keys()].find(key => !known.includes(key));
	if (unknown !== undefined) {
		throw refuse.notImplemented(`logs with ${unknown}`);
	}

	const {pod, container} = findContainer(store, info);
	const node = pod.spec.nodeName;
	if (node === undefined) {
		response.writeHead(204).end();
		return;
	}

	if (kubelets.faults.isSilent(node)) {
		const address = (store.get('nodes', node) as Node | undefined)?.status.addresses[0]?.address ?? node;
		throw refuse.internal(
			`Get "https://${address}:10250/containerLogs/${namespace}/${name}/${container}": dial tcp ${address}:10250: connect: no route to host`,
		);
	}

	const away = kubelets.machine(pod)?.whyNoStream;
	if (away !== undefined) {
		const dial = away.replace(/^error dialing backend: /, '');
		throw new ApiStatus(
			500,
			'',
			dial === away
				? away
				: `Get "https://${dial.split(' ')[2]?.replace(/:$/, '')}/containerLogs/${namespace}/${name}/${container}": ${dial}`,
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

	if (isTrue(query.get('previous'))) {
		throw refuse.badRequest(`previous terminated container "${container}" in pod "${name}" not found`);
	}

	const log = kubelets.log(pod, container);
	if (log === undefined) {
		throw refuse.badRequest(`container "${container}" in pod "${name}" is waiting to start: ${waitingReason(pod)}`);
	}

	sendLog(log, query, response);
}

function sendLog(log: ContainerLog, query: URLSearchParams, response: ServerResponse): void {
	let sent = 0;
	let left = Number(query.get('limitBytes') ?? Number.POSITIVE_INFINITY);
	const send = () => {
		// A line that is not yet whole waits for its end where that will be told.
		const lines = log.lines.filter(({bytes}) => log.isOver || !isTrue(query.get('follow')) || bytes.at(-1) === 10);
		const wanted = lines.slice(sent).filter(({at}) => at >= since(query));
		const last =
			sent === 0 && query.has('tailLines') ? wanted.slice(Math.max(0, wanted.length - Number(query.get('tailLines')))) : wanted;
		sent = lines.length;
		const bytes = Buffer.concat(last.flatMap(line => [Buffer.from(timeOf(line.at, query)), line.bytes])).subarray(0, left);
		left -= bytes.length;
		response.write(bytes);
	};
	response.writeHead(200, {'content-type': 'text/plain'});
	send();
	if (!isTrue(query.get('follow'))) {
		response.end();
		return;
	}

	const stop = log.follow(send, () => {
		send();
		response.end();
	});
	response.once('close', stop);
}

function since(query: URLSearchParams): number {
	const seconds = query.get('sinceSeconds');
	return seconds === null ? Date.parse(query.get('sinceTime') ?? '1970-01-01T00:00:00Z') : Date.now() - Number(seconds) * 1000;
}

function timeOf(at: number, query: URLSearchParams): string {
	return isTrue(query.get('timestamps')) ? `${new Date(at).toISOString().replace('Z', '000000Z')} ` : '';
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
