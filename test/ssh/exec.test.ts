import {setTimeout as pause} from 'node:timers/promises';
import test from 'ava';
import {allClosed, connect10s, failure, never, sshServer} from './ssh-server.ts';

const anything = {stdin: '', maxBytes: 1 << 20, signal: never};

test.after('what is thrown late, where nobody can catch it, fails this file too', () => pause(50));

test('a command gets its stdin to the end, and gives back its output, its errors and its exit code', async t => {
	const {endpoint} = await sshServer(t, {
		exec(channel, command) {
			let seen = '';
			channel.on('data', (chunk: Buffer) => {
				seen += chunk.toString();
			});
			channel.on('end', () => {
				channel.write(`${command}: ${seen.length}`);
				channel.stderr.write('careful');
				channel.exit(7);
				channel.end();
			});
		},
	});
	await using connection = await connect10s(endpoint());
	// More than the window of SSH, so that it needs several turns.
	const result = await connection.exec('wc', {...anything, stdin: Buffer.alloc(5 << 20, 'x')});
	t.is(result.stdout.toString(), `wc: ${5 << 20}`);
	t.is(result.stderr, 'careful');
	t.is(result.code, 7);
	t.is(result.signalName, undefined);
});

test('a command that a signal ended has its name, and no code', async t => {
	const {endpoint} = await sshServer(t, {
		exec(channel) {
			channel.exit('TERM');
			channel.end();
		},
	});
	await using connection = await connect10s(endpoint());
	t.like(await connection.exec('x', anything), {code: undefined, signalName: 'SIGTERM'});
});

test('a channel that closes without a word about the exit has no code', async t => {
	const {endpoint} = await sshServer(t, {exec: channel => channel.end()});
	await using connection = await connect10s(endpoint());
	t.like(await connection.exec('x', {...anything, stdin: Buffer.alloc(4 << 20)}), {code: undefined, signalName: undefined});
});

test('output over the limit fails, and ends the connection', async t => {
	const {endpoint, sockets} = await sshServer(t, {
		exec(channel) {
			const more = () => {
				while (channel.write(Buffer.alloc(64 << 10)));
				channel.once('drain', more);
			};
			more();
		},
	});
	await using connection = await connect10s(endpoint());
	const error = await failure(t, connection.exec('yes', {...anything, maxBytes: 100_000}));
	t.is(error.stage, 'exec');
	t.regex(error.message, /^127\.0\.0\.1:\d+ sent more than 100000 bytes of output$/);
	await allClosed(sockets);
	t.pass();
	t.is((await failure(t, connection.exec('x', anything))).stage, 'lost');
});

test('output at the limit is fine, and of stderr 16 KiB are kept', async t => {
	const {endpoint} = await sshServer(t, {
		exec(channel) {
			channel.write(Buffer.alloc(100_000));
			channel.stderr.write(Buffer.alloc(100_000, 'e'));
			channel.exit(0);
			channel.end();
		},
	});
	await using connection = await connect10s(endpoint());
	const {stdout, stderr} = await connection.exec('x', {...anything, maxBytes: 100_000});
	t.is(stdout.length, 100_000);
	t.is(stderr.length, 16 << 10);
});

test('a connection that breaks during a command is lost', async t => {
	const {endpoint, sockets} = await sshServer(t, {
		exec(channel) {
			channel.write('half of');
			for (const socket of sockets) {
				socket.resetAndDestroy();
			}
		},
	});
	await using connection = await connect10s(endpoint());
	const error = await failure(t, connection.exec('x', {...anything, stdin: Buffer.alloc(5 << 20)}));
	t.is(error.stage, 'lost');
	t.regex(error.message, /^the connection to 127\.0\.0\.1:\d+ was lost: /);
});

test('an abort ends a command that trickles, and its connection, at once', async t => {
	const {endpoint, sockets} = await sshServer(t, {
		exec(channel) {
			const timer = setInterval(() => channel.write('.'), 10);
			channel.on('close', () => clearInterval(timer));
			t.teardown(() => clearInterval(timer));
		},
	});
	await using connection = await connect10s(endpoint());
	const controller = new AbortController();
	const running = failure(t, connection.exec('x', {...anything, signal: controller.signal}));
	await pause(50);
	controller.abort(new Error('enough'));
	const error = await running;
	t.is(error.stage, 'exec');
	t.regex(error.message, /was left: enough$/);
	await allClosed(sockets);
	t.pass();
});

test('an abort leaves alone what else runs on the connection', async t => {
	const {endpoint} = await sshServer(t, {
		exec(channel, command) {
			if (command === 'quick') {
				setTimeout(() => {
					channel.exit(0);
					channel.end();
				}, 50);
			}
		},
	});
	await using connection = await connect10s(endpoint());
	const controller = new AbortController();
	const slow = failure(t, connection.exec('slow', {...anything, signal: controller.signal}));
	const quick = connection.exec('quick', anything);
	controller.abort(new Error('enough'));
	t.is((await slow).stage, 'exec');
	t.is((await quick).code, 0);
	t.is((await failure(t, connection.exec('x', {...anything, signal: AbortSignal.abort()}))).stage, 'exec');
});

test('a server that opens no session fails at the channel', async t => {
	const {endpoint} = await sshServer(t, {session: (_client, _accept, reject) => reject()});
	await using connection = await connect10s(endpoint());
	const error = await failure(t, connection.exec('x', anything));
	t.is(error.stage, 'channel');
	t.regex(error.remedy ?? '', /MaxSessions/);
});

test('a server that refuses the command fails at exec', async t => {
	const {endpoint} = await sshServer(t, {session: (_client, accept) => accept()});
	await using connection = await connect10s(endpoint());
	t.is((await failure(t, connection.exec('x', anything))).stage, 'exec');
});

test('a server that no longer answers is noticed', async t => {
	const {endpoint, sockets} = await sshServer(t);
	await using connection = await connect10s(endpoint(), {keepaliveInterval: 20});
	const running = failure(t, connection.exec('x', anything));
	await pause(100); // It answers the questions of these 100 ms.
	for (const socket of sockets) {
		socket.pause();
	}

	const error = await running;
	t.is(error.stage, 'lost');
	t.regex(error.message, /Keepalive timeout/);
});
