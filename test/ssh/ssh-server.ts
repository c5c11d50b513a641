import {once} from 'node:events';
import {type AddressInfo, connect, createServer, type Socket} from 'node:net';
import {setTimeout as pause} from 'node:timers/promises';
import type {ExecutionContext} from 'ava';
import ssh2, {type AuthContext, type Connection, type Server, type ServerChannel, type ServerHostKeyAlgorithm} from 'ssh2';
import {systemClock} from '../../lib/clock.ts';
import {connectSsh, parsePrivateKey} from '../../lib/ssh/connection/connection.ts';
import type {HostKeyCheck, SshEndpoint} from '../../lib/ssh/connection/endpoint.ts';
import {SshError} from '../../lib/ssh/errors.ts';
import type {Identity} from '../../lib/ssh/keys/identities.ts';
import {newSshKey} from '../embedded/ssh-key.ts';

/** The private half of a new key. */
export function newKey(): string {
	return newSshKey().private;
}

/** Keys are slow to make, and any will do. */
export const hostKey = newKey();
export const userKey = newKey();

export const never = new AbortController().signal;

export function identity(text: string, name = 'key file id'): Identity {
	const key = parsePrivateKey(text, undefined);
	return {name, publicKey: key.publicKey, sign: async (data, hash) => key.sign(data, hash)};
}

export type Rules = {
	readonly authenticate?: (context: AuthContext) => void;
	readonly exec?: (channel: ServerChannel, command: string, client: Connection) => void;
	/** Forwards to anywhere, as a jump host does; false refuses. */
	readonly forwards?: boolean;
	readonly hostKeys?: readonly (string | {readonly key: string})[];
	/** The only algorithms for host keys. */
	readonly serverHostKey?: readonly ServerHostKeyAlgorithm[];
	readonly session?: (client: Connection, accept: () => unknown, reject: () => void) => void;
};

/** Lets in who holds `userKey`. */
export function takesUserKey(context: AuthContext): void {
	const known = parsePrivateKey(userKey, undefined).publicKey;
	if (context.method === 'publickey' && context.key.data.equals(known)) {
		context.accept(); // ssh2's server leaves the signature to the handler; OpenSSH's checks it in sshd.test.ts.
	} else {
		context.reject(['publickey']);
	}
}

/** ssh2's own server on loopback, with the endpoint to reach it. */
export async function sshServer(t: ExecutionContext, rules: Rules = {}) {
	const sockets = new Set<Socket>();
	const logins: string[] = [];
	const algorithms = rules.serverHostKey && {algorithms: {serverHostKey: [...rules.serverHostKey]}};
	const server = new ssh2.Server({hostKeys: [...(rules.hostKeys ?? [hostKey])], ...algorithms}, client => {
		client.on('error', () => undefined);
		client.on('authentication', context => {
			logins.push(context.method);
			(rules.authenticate ?? takesUserKey)(context);
		});
		client.on('session', (accept, reject) => {
			if (rules.session !== undefined) {
				rules.session(client, accept, reject);
				return;
			}

			accept().on('exec', (acceptExec, _reject, {command}) => {
				const channel = acceptExec();
				channel.on('error', () => undefined);
				rules.exec?.(channel, command, client);
			});
		});
		client.on('tcpip', (accept, reject, {destIP, destPort}) => {
			if (rules.forwards !== true) {
				reject();
				return;
			}

			const onward = connect({port: destPort, host: destIP, noDelay: true});
			onward.on('connect', () => {
				const channel = accept();
				channel.on('error', () => undefined);
				channel.on('close', () => onward.destroy());
				channel.pipe(onward).pipe(channel);
			});
			onward.on('error', () => undefined);
		});
	});
	return {...(await listening(t, server, sockets)), logins, sockets};
}

/** Whatever else may listen on a port. */
export async function tcpServer(t: ExecutionContext, onSocket: (socket: Socket) => void) {
	const sockets = new Set<Socket>();
	return {...(await listening(t, createServer({}, onSocket), sockets)), sockets};
}

async function listening(t: ExecutionContext, server: ReturnType<typeof createServer> | Server, sockets: Set<Socket>) {
	const tcp = (server instanceof ssh2.Server ? Reflect.get(server, '_srv') : server) as ReturnType<typeof createServer>;
	tcp.on('connection', (socket: Socket) => {
		socket.setNoDelay(true);
		sockets.add(socket);
		socket.on('error', () => undefined);
		socket.on('close', () => sockets.delete(socket));
	});
	server.listen(0, '127.0.0.1');
	await once(server, 'listening');
	t.teardown(() => {
		server.close();
		for (const socket of sockets) {
			socket.destroy();
		}
	});
	const {port} = server.address() as AddressInfo;
	return {port, endpoint: (overrides: Partial<SshEndpoint> = {}) => endpointOf(port, overrides)};
}

const trusting: HostKeyCheck = {keyTypes: [], verify: async () => undefined};

export function endpointOf(port: number, overrides: Partial<SshEndpoint> = {}): SshEndpoint {
	return {
		hostName: '127.0.0.1',
		port,
		user: 'ada',
		hostKey: trusting,
		identities: () => these(identity(userKey)),
		...overrides,
	};
}

export async function* these(...identities: readonly Identity[]): AsyncGenerator<Identity> {
	yield* identities;
}

/** Settles once the other side has left; the test's time limit ends the wait. */
export async function allClosed(sockets: ReadonlySet<Socket>): Promise<void> {
	while (sockets.size > 0) {
		await pause(5);
	}
}

type Options = Partial<Parameters<typeof connectSsh>[1]>;

export const connect10s = (endpoint: SshEndpoint, options: Options = {}) =>
	connectSsh(endpoint, {connectTimeout: 10_000, signal: never, clock: systemClock, ...options});

/** The `SshError` that a promise has to reject with. */
export async function failure(t: ExecutionContext, promise: Promise<unknown>): Promise<SshError> {
	const error: unknown = await promise.then(
		() => undefined,
		(reason: unknown) => reason,
	);
	if (!(error instanceof SshError)) {
		t.log(error);
		throw new Error('this had to fail with an SshError');
	}

	return error;
}
