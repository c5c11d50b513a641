import type {ChildProcess} from 'node:child_process';
import type {IncomingMessage} from 'node:http';
import type {Duplex} from 'node:stream';
import type {Kubelets} from './kubelet.ts';
import {keyOf, type Pod} from './objects.ts';
import {isTrue, type RequestInfo} from './request-info.ts';
import {ApiStatus, refuse} from './status.ts';
import type {Store} from './store.ts';
import {acceptOf, closing, frameOf, MessageReader} from './web-socket.ts';

/** v4 cannot close one channel: what a command reads has no end there. */
const protocols = ['v5.channel.k8s.io', 'v4.channel.k8s.io'] as const;
const channels = {stdin: 0, stdout: 1, stderr: 2, status: 3, close: 255} as const;

export type ExecConnection = {
	readonly info: RequestInfo;
	readonly request: IncomingMessage;
	readonly socket: Duplex;
	/** Where the connection is cut: as soon as there is output, or when the command has ended and nobody was told. */
	readonly cut: 'at-output' | 'at-end' | undefined;
};

/**
GET of a pod's exec as a WebSocket: runs a command in the container and carries its streams, each message with the number
of its channel before it, until a `Status` on channel 3 tells how it ended. Throws what stands in the way of the upgrade.
*/
export function openExec(store: Store, kubelets: Kubelets, {info, request, socket, cut}: ExecConnection): void {
	const {query} = info;
	const {pod, container} = findContainer(store, info);
	requireNode(pod);
	const offered = offers(request);
	const protocol = protocols.find(protocol => offered.includes(protocol));
	if (protocol === undefined || isTrue(query.get('tty'))) {
		throw refuse.notImplemented(`exec without ${protocols.join(' or ')}, or with a terminal`);
	}

	const wanted = (stream: string) => isTrue(query.get(stream));
	if (!wanted('stdin') && !wanted('stdout') && !wanted('stderr')) {
		throw refuse.badRequest('you must specify at least 1 of stdin, stdout, stderr');
	}

	const machine = kubelets.machine(pod);
	if (machine?.whyNoStream !== undefined) {
		throw new ApiStatus(500, '', machine.whyNoStream);
	}

	socket.write(
		`HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${acceptOf(String(request.headers['sec-websocket-key']))}\r\nSec-WebSocket-Protocol: ${protocol}\r\n\r\n`,
	);
	const send = (channel: number, data: Buffer) => {
		if (socket.writable) {
			socket.write(frameOf('binary', Buffer.concat([Buffer.from([channel]), data]), 'server'));
		}
	};
	const end = (status: object) => {
		if (cut === 'at-end') {
			socket.destroy();
			return;
		}

		send(channels.status, Buffer.from(JSON.stringify({metadata: {}, ...status})));
		socket.end(frameOf('close', closing(1000), 'server'));
	};
	// An empty message tells that the connection is there.
	send(wanted('stdout') ? channels.stdout : wanted('stderr') ? channels.stderr : channels.status, Buffer.alloc(0));
	const child = kubelets.exec(pod, container, query.getAll('command'));
	if (typeof child === 'string') {
		end(refuse.internal(`Internal error occurred: ${child}`).body);
		return;
	}

	readInput(socket, child, wanted('stdin'), protocol);
	for (const stream of ['stdout', 'stderr'] as const) {
		child[stream]?.on('data', (data: Buffer) => {
			if (cut === 'at-output') {
				socket.destroy();
			} else if (wanted(stream)) {
				send(channels[stream], data);
			}
		});
	}

	let isOver = false;
	const finish = (status: object) => {
		if (!isOver) {
			isOver = true;
			end(status);
		}
	};
	// The runtime that ends says that all went well, however much was still to come; what was said before arrives.
	const release = machine?.carry({cut: () => socket.destroy(), endWell: () => setTimeout(() => finish(ended(0)), 5)});
	child.once('close', (code, signal) => finish(ended(code ?? (signal === 'SIGKILL' ? 137 : 143))));
	socket.once('close', () => {
		release?.();
		child.kill('SIGKILL');
	});
}

/** Which pod and container a request for exec or a log means; throws as the API server does. */
export function findContainer(store: Store, {namespace, name, query}: RequestInfo): {pod: Pod; container: string} {
	const pod = store.get('pods', keyOf({namespace, name})) as Pod | undefined;
	if (pod === undefined) {
		throw refuse.notFound({group: '', resource: 'pods', name});
	}

	const names = pod.spec.containers.map(container => container.name);
	const wanted = query.get('container') ?? '';
	if (wanted === '' && names.length > 1) {
		throw refuse.badRequest(`a container name must be specified for pod ${name}, choose one of: [${names.join(' ')}]`);
	}

	const container = wanted === '' ? (names[0] ?? '') : wanted;
	if (!names.includes(container)) {
		throw refuse.badRequest(`container ${container} is not valid for pod ${name}`);
	}

	return {pod, container};
}

export function requireNode({metadata, spec}: Pod): void {
	if (spec.nodeName === undefined) {
		throw refuse.badRequest(`pod ${metadata.name} does not have a host assigned`);
	}
}

function offers({headers}: IncomingMessage): readonly string[] {
	return (headers['sec-websocket-protocol'] ?? '').split(',').map(offer => offer.trim());
}

function readInput(socket: Duplex, {stdin}: ChildProcess, isWanted: boolean, protocol: string): void {
	const reader = new MessageReader();
	// A command that ended takes no more input.
	stdin?.on('error', () => undefined);
	if (!isWanted) {
		stdin?.end();
	}

	socket.on('data', (bytes: Buffer) => {
		for (const message of reader.push(bytes)) {
			if (message.kind === 'close') {
				socket.end();
			} else if (message.kind === 'ping') {
				socket.write(frameOf('pong', message.data, 'server'));
			} else if (isWanted && message.data[0] === channels.stdin) {
				stdin?.write(message.data.subarray(1));
			} else if (protocol === 'v5.channel.k8s.io' && message.data[0] === channels.close && message.data[1] === channels.stdin) {
				stdin?.end();
			}
		}
	});
}

function ended(exitCode: number): object {
	if (exitCode === 0) {
		return {status: 'Success'};
	}

	return {
		status: 'Failure',
		message: `command terminated with non-zero exit code: command terminated with exit code ${exitCode}`,
		reason: 'NonZeroExitCode',
		details: {causes: [{reason: 'ExitCode', message: String(exitCode)}]},
	};
}
