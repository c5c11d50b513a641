import {readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import test from 'ava';
import {type ActTree, actTree} from './act-functions.ts';

// The node side needs the tools of Linux, such as `stat -c`.
const onLinux = process.platform === 'linux' ? test : test.skip;

/** A namespace more each time: what `readlink /proc/self/ns/net` says. The process in the pod's namespace is not waited for. */
const commands = {
	unshare: `shift
count=$(($(cat "$DB/namespace" 2>/dev/null || echo 0) + 1))
echo $count >"$DB/namespace"
case $1 in
sleep) mkdir -p "$CNI_UPGRADE_ROOT/proc/$$/ns"; ln -sfn "net:[$count]" "$CNI_UPGRADE_ROOT/proc/$$/ns/net" ;;
*) ln -sfn "net:[$count]" "$CNI_UPGRADE_ROOT/proc/self/ns/net" ;;
esac
exec "$@"`,
	ip: 'echo "ip $*" >>"$DB/log"',
	iptables: 'echo "iptables $*" >>"$DB/log"',
	ip6tables: 'echo "ip6tables $*" >>"$DB/log"',
};

/** A plugin that writes down what it was given, answers ADD with its name, and fails where its name and command are in `fails`. */
const plugin = (db: string, fails: readonly string[] = []) => `#!/bin/sh
name=\${0##*/}
case \${CNI_COMMAND-} in
'') echo "CNI $name plugin v1.6.2" >&2; exit ;;
VERSION) echo '{"cniVersion":"1.0.0","supportedVersions":["0.4.0","1.0.0"]}'; exit ;;
esac
printf '%s %s ' "$CNI_COMMAND" "$name" >>${db}/calls
cat >>${db}/calls
case " ${fails.join(' ')} " in *" $name:$CNI_COMMAND "*) echo '{"code":7,"msg":"no room","details":"for \\"it\\""}'; exit 1 ;; esac
[ "$CNI_COMMAND" != ADD ] || echo "{\\"from\\":\\"$name\\"}"
`;

const config = (more = '') =>
	`{\n "cniVersion": "1.0.0", "name": "my\\"net", ${more}"secret": "CANARY",\n "plugins": [{"type":"bridge","name":"x","ipam":{"type":"host-local","subnet":"10.0.0.0/8"}} ,\n {"type":"portmap", "capabilities":{"portMappings":true}}]}`;

function rehearsing({text = config(), version = '1.0.0', fails = [] as readonly string[]} = {}): ActTree {
	const tree = actTree({
		orders: [
			'uid u',
			...['bridge', 'portmap'].map(name => `plugin /opt/cni/bin ${name} 00 none`),
			`config /etc/cni/net.d/10.conflist ${version} 00 00`,
			'rehearse chain',
		],
		files: {'/proc/self/ns/.keep': ''},
		commands,
	});
	tree.write(`${tree.run}/stage/config/etc/cni/net.d/10.conflist`, text);
	for (const name of ['bridge', 'portmap', 'macvlan']) {
		tree.write(`${tree.run}/stage/plugins/${name}`, plugin(tree.db, fails), 0o755);
	}

	return tree;
}

/** Calls the inner half in this shell where `unshare` would start another. */
const inner = `limited() {
	shift
	case $1 in
	unshare) shift 7; ln -sfn 'net:[7]' "$root/proc/self/ns/net"; (rehearsal "$1" "$2" 1) ;;
	*) "$@" ;;
	esac
}
ln -sfn 'net:[1]' "$root/proc/self/ns/net"
`;

async function rehearse(tree: ActTree, shell?: readonly string[]) {
	return tree.call(`${inner}verb_rehearse`, shell);
}

const calls = ({db}: ActTree) =>
	readFileSync(join(db, 'calls'), 'utf8')
		.trim()
		.split(/\n(?=[A-Z]+ )/)
		.map(call => {
			const [, command = '', name = '', text = ''] = /^(\w+) (\w+) (.*)$/s.exec(call) ?? [];
			return {command, name, given: JSON.parse(text) as Record<string, unknown>};
		});

onLinux('a chain is added, checked and deleted as a runtime does it, and nothing of the config is told', async t => {
	const tree = rehearsing();
	const {records, why, output} = await rehearse(tree);
	t.is(why, '', output);
	t.deepEqual(records, [
		['supports', 'bridge', '0.4.0,1.0.0', 'v1.6.2'],
		['supports', 'portmap', '0.4.0,1.0.0', 'v1.6.2'],
		...['ADD', 'CHECK', 'DEL', 'GONE'].map(act => ['rehearsed', act, 'ok', '']),
	]);
	const seen = calls(tree);
	t.deepEqual(
		seen.map(({command, name}) => `${command} ${name}`),
		['ADD bridge', 'ADD portmap', 'CHECK bridge', 'CHECK portmap', 'DEL portmap', 'DEL bridge'],
	);
	t.deepEqual(
		seen.map(({given}) => given['prevResult']),
		[undefined, {from: 'bridge'}, {from: 'portmap'}, {from: 'portmap'}, {from: 'portmap'}, {from: 'portmap'}],
	);
	t.true(seen.every(({given}) => given['name'] === 'my"net' && given['cniVersion'] === '1.0.0'));
	t.deepEqual(seen[0]?.given['ipam'], {dataDir: join(tree.root, tree.run, 'state/rehearsal/leases')});
	t.deepEqual(Object.keys(seen[1]?.given['runtimeConfig'] as object), ['portMappings']);
	t.notRegex(JSON.stringify(records) + output, /CANARY/);
	t.false(tree.has(`${tree.run}/state/rehearsal`));
});

for (const [title, options, acts, why] of [
	[
		'an ADD that fails',
		{fails: ['portmap:ADD']},
		['ADD failed'],
		/plugin\/portmap: ADD ended with 1 in the rehearsal: no room; for "it"; nothing was changed$/,
	],
	['a DEL that fails', {fails: ['bridge:DEL']}, ['ADD ok', 'CHECK ok', 'DEL failed'], /plugin\/bridge: DEL ended with 1/],
	['a CHECK that fails, which is only told', {fails: ['bridge:CHECK']}, ['ADD ok', 'CHECK failed', 'DEL ok', 'GONE ok'], /^$/],
	['a version without CHECK', {version: '0.3.1'}, ['ADD ok', 'CHECK skipped', 'DEL ok', 'GONE ok'], /^$/],
	[
		'a config that wants no CHECK',
		{text: config('"disableCheck": true, ')},
		['ADD ok', 'CHECK skipped', 'DEL ok', 'GONE ok'],
		/^$/,
	],
	[
		'a plugin that is nowhere',
		{text: config().replace('portmap', 'nosuch')},
		[],
		/plugin\/nosuch: neither what is staged nor the node has it/,
	],
	['a type that is a path', {text: config().replace('portmap', '../x')}, [], /plugin\/\.\.\/x: neither/],
] as const) {
	onLinux(`a rehearsal with ${title}`, async t => {
		const tree = rehearsing(options);
		const said = await rehearse(tree);
		t.deepEqual(
			said.records.filter(([key]) => key === 'rehearsed').map(([, act, state]) => `${act} ${state}`),
			[...acts],
		);
		t.regex(said.why, why);
	});
}

onLinux('a config of one plugin is rehearsed too, and an interface that it needs is made', async t => {
	const tree = rehearsing({text: '{"name":"m","type":"macvlan","master":"eth7"}'});
	t.is((await rehearse(tree)).why, '');
	t.deepEqual(
		calls(tree).map(({command, name}) => `${command} ${name}`),
		['ADD macvlan', 'CHECK macvlan', 'DEL macvlan'],
	);
	t.regex(readFileSync(join(tree.db, 'log'), 'utf8'), /ip link add eth7 type dummy/);
});

onLinux('the chain of kube-proxy that portmap refers to is there in the rehearsal, unless its name is none', async t => {
	const chained = (name: string) => config().replace('"type":"portmap"', `"type":"portmap","externalSetMarkChain":"${name}"`);
	const tree = rehearsing({text: chained('KUBE-MARK-MASQ')});
	t.is((await rehearse(tree)).why, '');
	const log = readFileSync(join(tree.db, 'log'), 'utf8');
	t.regex(log, /^iptables -w -t nat -N KUBE-MARK-MASQ$/m);
	t.regex(log, /^ip6tables -w -t nat -N KUBE-MARK-MASQ$/m);
	const other = rehearsing({text: chained('--flush')});
	t.is((await rehearse(other)).why, '');
	t.notRegex(readFileSync(join(other.db, 'log'), 'utf8'), /tables/);
});

onLinux('without a namespace of its own, nothing is called', async t => {
	const tree = rehearsing();
	t.regex(
		(
			await tree.call(
				`ln -sfn 'net:[1]' "$root/proc/self/ns/net"; mkdir -p "$run_dir/state/rehearsal"; (rehearsal /etc/cni/net.d/10.conflist 1.0.0 1); cat "$run_dir/state/rehearsal/why"`,
			)
		).output,
		/^unshare made no network namespace of its own$/m,
	);
	t.false(tree.has('/../db/calls'));
});

onLinux('a plugin that does not answer is refused', async t => {
	const tree = rehearsing();
	writeFileSync(join(tree.root, tree.run, 'stage/plugins/portmap'), '#!/bin/sh\necho cannot execute >&2\nexit 1\n');
	t.regex(
		(await rehearse(tree)).why,
		/^plugin\/portmap: the new one was asked for VERSION and did not answer \(cannot execute\); is it for this machine/,
	);
});
