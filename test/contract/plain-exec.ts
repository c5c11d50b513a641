import {randomBytes} from 'node:crypto';
import type {Duplex} from 'node:stream';
import {closing, frameOf, MessageReader} from '../embedded/web-socket.ts';
import type {Json, PlainAnswer} from './plain-client.ts';

export type ExecOptions = {
	readonly input?: string;
	readonly container?: string;
	readonly headers?: Readonly<Record<string, string>>;
};

/** What became of a command that was to be run in a container. */
export type ExecAnswer =
	| {
			readonly upgraded: true;
			readonly protocol: string;
			readonly stdout: string;
			readonly stderr: string;
			/** What stood on channel 3; undefined where the connection ended without it. */
			readonly status: Json;
	  }
	/** An ordinary answer came instead. */
	| {readonly upgraded: false; readonly answer: PlainAnswer};

export const webSocketHeaders = {
	connection: 'Upgrade',
	upgrade: 'websocket',
	'sec-websocket-version': '13',
	'sec-websocket-key': randomBytes(16).toString('base64'),
	'sec-websocket-protocol': 'v5.channel.k8s.io',
};

/** Reads the channels of an exec until the server ends it. */
export async function readStreams(
	socket: Duplex,
	head: Buffer,
	protocol: string,
	input: string | undefined,
): Promise<ExecAnswer> {
	const reader = new MessageReader();
	const channels = new Map<number, Buffer[]>();
	const send = (data: Buffer) => socket.write(frameOf('binary', data, 'client'));
	if (input !== undefined) {
		send(Buffer.concat([Buffer.from([0]), Buffer.from(input)]));
		if (protocol === 'v5.channel.k8s.io') {
			// 255 and the channel's number: this half is closed.
			send(Buffer.from([255, 0]));
		}
	}

	const read = (bytes: Buffer) => {
		for (const message of reader.push(bytes)) {
			if (message.kind === 'close') {
				socket.end(frameOf('close', closing(1000), 'client'));
			} else if (message.kind === 'data') {
				const channel = message.data[0] ?? 0;
				channels.set(channel, [...(channels.get(channel) ?? []), message.data.subarray(1)]);
			}
		}
	};
	await new Promise<void>((resolve, reject) => {
		socket.on('data', read).once('error', reject).once('close', resolve);
		read(head);
	});
	const text = (channel: number) => Buffer.concat(channels.get(channel) ?? []).toString();
	const status = text(3);
	return {upgraded: true, protocol, stdout: text(1), stderr: text(2), status: status === '' ? undefined : JSON.parse(status)};
}
