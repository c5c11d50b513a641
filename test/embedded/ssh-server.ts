import {spawn} from 'node:child_process';
import {type AddressInfo, connect, type Socket} from 'node:net';
import ssh2, {type Connection, type ServerChannel, type Session} from 'ssh2';
import type {NodeTree} from './simulated-node.ts';
import {newSshKey} from './ssh-key.ts';
import {treeEnvironment} from './tree.ts';

const {Server, utils} = ssh2;

export type SshServerOptions = {
	/** Whose tree commands run in; without one no command is run. */
	readonly tree?: NodeTree;
	/** The public key that may log in, as one line. */
	readonly authorizedKey: string;
	/** Whether connections onward are made: this is a jump host. */
	readonly forwards?: boolean;
	/** What a noisy shell says around every command's own output. */
	readonly noise?: {readonly before: string; readonly after: string};
	/** Every command answers with bytes without an end. */
	readonly endless?: boolean;
	/** Connections that are dropped before the banner, as sshd sheds load (MaxStartups). */
	readonly drops?: number;
};

export type SshServer = {
	readonly port: number;
	/** The host key, as a known_hosts line has it: type and base64. */
	readonly hostKey: string;
	/** What has happened so far. */
	readonly seen: {connections: number; logins: string[]; commands: string[]; forwards: string[]; failedLogins: number};
	/** Ends every connection at once, as a machine that goes away. */
	readonly drop: () => void;
	readonly stop: () => Promise<void>;
};

/** sshd of a simulated node, on a free port of 127.0.0.1: logs one key in and runs commands in the node's tree under the real shell. */
export async function startSshServer(options: SshServerOptions): Promise<SshServer> {
	const key = newSshKey();
	const seen: SshServer['seen'] = {connections: 0, logins: [], commands: [], forwards: [], failedLogins: 0};
	const open = new Set<Connection>();
	const authorized = utils.parseKey(options.authorizedKey);
	if (authorized instanceof Error) {
		throw authorized;
	}

	const server = new Server({hostKeys: [key.private]}, client => {
		open.add(client);
		client.on('close', () => open.delete(client)).on('error', () => {});
		client.on('authentication', context => {
			const isOurs =
				context.method === 'publickey' &&
				context.key.data.equals((Array.isArray(authorized) ? authorized[0] : authorized).getPublicSSH());
			if (!isOurs) {
				seen.failedLogins += context.method === 'none' ? 0 : 1;
				context.reject(['publickey']);
				return;
			}

			if (context.method === 'publickey' && context.signature !== undefined) {
				seen.logins.push(context.username);
			}

			context.accept();
		});
		client.on('session', accept => serveSession(accept(), options, seen));
		client.on('tcpip', (accept, reject, {destIP, destPort}) => {
			if (options.forwards !== true) {
				reject();
				return;
			}

			seen.forwards.push(`${destIP}:${destPort}`);
			const socket = connect(destPort, destIP, () => {
				const channel = accept();
				socket.pipe(channel).pipe(socket);
				channel.on('close', () => socket.destroy()).on('error', () => socket.destroy());
			});
			socket.on('error', () => reject());
		});
	});
	let drops = options.drops ?? 0;
	// The plain server below ssh2's own: a connection is counted, or dropped, before it is spoken to.
	const sockets = new Set<Socket>();
	const listener = (server as unknown as {_srv: import('node:net').Server})._srv;
	listener.prependListener('connection', socket => {
		seen.connections += 1;
		sockets.add(socket);
		socket.once('close', () => sockets.delete(socket));
		if (drops > 0) {
			drops -= 1;
			socket.destroy();
		}
	});
	await new Promise<void>(resolve => {
		server.listen(0, '127.0.0.1', resolve);
	});
	return {
		port: (server.address() as AddressInfo).port,
		hostKey: key.public.split(' ').slice(0, 2).join(' '),
		seen,
		drop() {
			for (const socket of sockets) {
				socket.destroy();
			}
		},
		async stop() {
			for (const client of open) {
				client.end();
			}

			await new Promise<void>(resolve => {
				server.close(() => resolve());
			});
		},
	};
}

function serveSession(session: Session, {tree, noise, endless}: SshServerOptions, seen: SshServer['seen']): void {
	session.on('exec', (accept, reject, {command}) => {
		if (tree === undefined) {
			reject();
			return;
		}

		seen.commands.push(command);
		if (endless === true) {
			writeForEver(accept());
			return;
		}

		runCommand(accept(), command, tree, noise);
	});
}

function writeForEver(channel: ServerChannel): void {
	const more = () => {
		while (channel.writable && channel.write(Buffer.alloc(16_384, 0x1b)));
	};
	channel.on('drain', more).on('error', () => {});
	channel.resume();
	more();
}

function runCommand(channel: ServerChannel, command: string, tree: NodeTree, noise: SshServerOptions['noise']): void {
	const child = spawn('/bin/sh', ['-c', inTree(command, tree)], {env: {...treeEnvironment(tree), CNI_UPGRADE_ROOT: tree.root}});
	if (noise !== undefined) {
		channel.write(noise.before);
	}

	channel.pipe(child.stdin).on('error', () => {});
	child.stdout.on('data', (data: Buffer) => channel.write(data));
	child.stderr.on('data', (data: Buffer) => channel.stderr.write(data));
	channel.on('close', () => child.kill('SIGKILL'));
	child.on('close', code => {
		channel.write(noise?.after ?? '');
		channel.exit(code ?? 255);
		channel.end();
	});
}

/** On a machine a shell that is named by its path is the machine's, and so is its script: quoted as our client does it, or not. */
function inTree(command: string, {environment}: NodeTree): string {
	return environment['STAND_IN_MACHINE'] === undefined
		? command
		: command.replaceAll(/(^| )(?=\/bin\/sh( |$)|"\/bin\/sh"( |$))/g, '$1enter ');
}
