import {once} from 'node:events';
import {type AddressInfo, connect, createServer} from 'node:net';
import type {ExecutionContext} from 'ava';

/** A SOCKS 5 proxy on 127.0.0.1 for IPv4 without a login, and the `ADDRESS:PORT` of each connection that it was asked for. */
export async function socksProxy(t: ExecutionContext): Promise<{readonly port: number; readonly asked: readonly string[]}> {
	const asked: string[] = [];
	const proxy = createServer(socket => {
		socket.on('error', () => undefined);
		socket.once('data', () => {
			socket.write(Uint8Array.of(5, 0));
			socket.once('data', (request: Uint8Array) => {
				// Four bytes of address, two of port.
				const [host, port] = [request.slice(4, 8).join('.'), (request[8] ?? 0) * 256 + (request[9] ?? 0)];
				asked.push(`${host}:${port}`);
				const onward = connect(port, host, () => {
					socket.write(Uint8Array.of(5, 0, 0, 1, 0, 0, 0, 0, 0, 0));
					socket.pipe(onward).pipe(socket);
				});
				onward.on('error', () => socket.destroy());
			});
		});
	});
	await once(proxy.listen(0, '127.0.0.1'), 'listening');
	t.teardown(() => proxy.close());
	return {port: (proxy.address() as AddressInfo).port, asked};
}
