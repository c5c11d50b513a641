import test from 'ava';
import {readSshConfig} from '../../lib/ssh/config/ssh-config.ts';
import {type RouteOverrides, routeTo} from '../../lib/ssh/route.ts';

const configOf = async (text: string) =>
	readSshConfig({
		home: '/home/ops',
		user: 'ops',
		localHostname: 'laptop',
		readFile: async path => (path === '/home/ops/.ssh/config' ? text : undefined),
		glob: async () => [],
	});

const leads = test.macro(async (t, config: string, overrides: RouteOverrides, expected: readonly string[]) => {
	const hops = routeTo(await configOf(config), 'node-1', overrides);
	t.deepEqual(
		hops.map(({user, hostName, port}) => `${user}@${hostName}:${port}`),
		expected,
	);
});

test('no jump host', leads, 'User root\n', {}, ['root@node-1:22']);
test(
	'the first of a list is reached by its own ProxyJump, the others from one another',
	leads,
	'Host node-1\n ProxyJump a,b\nHost a\n ProxyJump outer\nHost b\n ProxyJump never\n',
	{},
	['ops@outer:22', 'ops@a:22', 'ops@b:22', 'ops@node-1:22'],
);
test(
	'what the command line says of nodes is not said of jump hosts',
	leads,
	'Host node-1\n ProxyJump a\n',
	{user: 'root', port: 2222},
	['ops@a:22', 'root@node-1:2222'],
);
test(
	'jump hosts of the command line stand above the files',
	leads,
	'Host node-1\n ProxyJump a\n',
	{jump: [{host: 'b', port: 99}]},
	['ops@b:99', 'ops@node-1:22'],
);
test('no jump host, as the command line says', leads, 'Host node-1\n ProxyJump a\n', {jump: []}, ['ops@node-1:22']);
test(
	'a jump host of the command line sets a ProxyCommand aside',
	leads,
	'Host node-1\n ProxyCommand nc %h %p\n',
	{jump: [{host: 'b'}]},
	['ops@b:22', 'ops@node-1:22'],
);

test('a ProxyCommand is refused, and a chain without an end', async t => {
	const command = await configOf('Host node-1\n ProxyCommand nc %h %p\n');
	t.throws(() => routeTo(command, 'node-1'), {message: /ProxyCommand for host\/node-1/});
	const ring = await configOf('Host node-1\n ProxyJump a\nHost a\n ProxyJump b\nHost b\n ProxyJump a\n');
	t.throws(() => routeTo(ring, 'node-1'), {message: /more than 8 jump hosts/});
});
