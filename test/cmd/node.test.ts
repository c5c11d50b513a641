import {readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {Ajv2020} from 'ajv/dist/2020.js';
import test from 'ava';
import {masked} from './mask.ts';
import {configPath, eventsOf, startGround, terminal, upgraded} from './upgrade-ground.ts';

test('a node is drained, upgraded, proved and given back, and taken back afterwards', async t => {
	const ground = await startGround(t);
	const {cluster, directory, upgrade, run, state} = ground;
	const before = state();
	const ticket = join(directory, 'ticket');
	const {code, stdout, stderr} = await upgrade(['--save-record', ticket]);
	t.is(code, 0, stderr);
	t.is(masked(stdout), expectedStdout);
	t.is(masked(stderr), expectedStderr);
	t.deepEqual(state(), upgraded(before, ground));
	t.deepEqual(eventsOf(cluster), ['CNIUpgradeStarted', 'CNIUpgradeSucceeded']);

	const record = JSON.parse(readFileSync(`${ticket}.json`, 'utf8')) as Record<string, unknown>;
	t.is(record['outcome'], 'upgraded');
	t.is((record['pods'] as unknown[]).length, 1);
	t.regex(readFileSync(`${ticket}.md`, 'utf8'), /^# Upgrade of node\/worker-1\n/);

	const status = await run(['status', 'worker-1']);
	t.regex(status.stdout, /^node\/worker-1: the last upgrade has ended\n[\s\S]*it takes new pods\n[\s\S]*rollback worker-1\n$/);
	const resumed = await run(['resume', 'worker-1']);
	t.is(resumed.code, 1);
	t.regex(
		resumed.stderr,
		/error: node\/worker-1 has no unfinished upgrade\nSee what there is: kubectl cni-upgrade status worker-1\n$/,
	);

	const back = await run(['rollback', 'worker-1', '--ignore-daemonsets', '--yes']);
	t.is(back.code, 0, back.stderr);
	t.regex(masked(back.stdout), /^node\/worker-1 rolled back: it is as it was before \(run RUN\)/);
	t.deepEqual(state(), before);
});

test('--dry-run changes nothing, whatever is asked, and -o json is as the schema says', async t => {
	const {cluster, upgrade, state} = await startGround(t);
	const before = state();
	cluster.requests.clear();
	const server = await upgrade(['--dry-run=server', '-o', 'json']);
	t.is(server.code, 0, server.stderr);
	const validate = new Ajv2020({strict: true, allowUnionTypes: true}).compile(
		JSON.parse(readFileSync(new URL('../../lib/print/plan.schema.json', import.meta.url), 'utf8')) as object,
	);
	t.true(validate(JSON.parse(server.stdout)), JSON.stringify(validate.errors));
	const client = await upgrade(['--dry-run=client']);
	t.is(client.code, 0);
	t.regex(client.stdout, /^PLAN node\/worker-1: \d+ steps/);
	const writes = cluster.requests.entries.filter(
		({verb, namespace, resource, query}) =>
			['create', 'update', 'patch', 'delete', 'deletecollection'].includes(verb) &&
			!query.includes('dryRun=All') &&
			!resource.startsWith('selfsubject') &&
			namespace !== 'cni-upgrade',
	);
	// The bodies of evictions say dryRun themselves.
	t.deepEqual(
		writes.filter(({subresource}) => subresource !== 'eviction'),
		[],
	);
	t.deepEqual(state(), before);
	t.deepEqual(eventsOf(cluster), []);
});

test('nothing is done without a word of agreement', async t => {
	const {cluster, release, run, state, machine, oldConfig} = await startGround(t);
	const before = state();
	const argv = ['node', 'worker-1', '--plugins', release, '--cni-version', '1.0.0', '--ignore-daemonsets'];
	const nobody = await run(argv, {stdin: Object.assign(terminal([]).stdin, {isTTY: false})});
	t.is(nobody.code, 2);
	t.regex(nobody.stderr, /error: node\/worker-1 was not changed: there is no terminal to agree on\nSay --yes/);

	const refusing = terminal(['what', 'd', 'n']);
	t.is((await run(argv, refusing)).code, 0);
	t.regex(refusing.shown(), /-"cniVersion": "0\.4\.0"\r?\n\+"cniVersion": "1\.0\.0"\r?\n/);
	t.regex(refusing.shown(), /node\/worker-1 was not changed\n$/);
	t.deepEqual(eventsOf(cluster), []);

	const stepping = terminal(['s', 'y', '', 'y', 'n']);
	t.is((await run(argv, stepping)).code, 130);
	t.regex(stepping.shown(), /node\/worker-1 was not changed\n[\s\S]*error: stopped before the step drain, as you said\n$/);
	t.deepEqual(state(), before);

	// Somebody edits the config while the plan is read.
	const reading = terminal([
		() => {
			writeFileSync(join(machine.tree.root, configPath), `${oldConfig}\n`);
			return 'y';
		},
	]);
	t.is((await run(argv, reading)).code, 5);
	t.regex(
		reading.shown(),
		/10-mynet\.conflist: it has sha256 [\da-f]{64} [^:]* as planned: somebody changed it; make a new plan/,
	);
	writeFileSync(join(machine.tree.root, configPath), oldConfig);
	t.deepEqual(state(), before);
});

const expectedStdout = `PLAN node/worker-1: 18 steps, about N s, of which the kubelet is stopped for about N s

   1. take the lock (N s)
   2. send the files to the node (N s)
        cni-plugins-linux-ARCH-v1.6.2.tgz (1 KiB)
   3. rehearse with the new plugins on the node (N s)
        ADD, CHECK and DEL with the new plugins and config, in a network namespace of its own
   4. cordon (N s)
   5. drain (N s)
        1 pod goes, 1 stays
  from here the node goes on by itself, or takes all of it back:
   6. stop the kubelet (N s)
   7. remove the remaining pod-network sandboxes with the old plugins (N s)
   8. stop the runtime (N s)
   9. replace the plugins (N s)
        /opt/cni/bin/bridge: v0.8.7 → v1.6.2 (9 KiB)
        /opt/cni/bin/host-local: v0.8.7 → v1.6.2 (9 KiB)
        /opt/cni/bin/loopback: v0.8.7 → v1.6.2 (9 KiB)
        /opt/cni/bin/portmap: v0.8.7 → v1.6.2 (9 KiB)
        /opt/cni/bin/tuning: unknown release → v1.6.2 (9 KiB)
  10. set the spec version of the config list (N s)
        /etc/cni/net.d/10-mynet.conflist: 0.4.0 → 1.0.0
        --- /etc/cni/net.d/10-mynet.conflist
        +++ /etc/cni/net.d/10-mynet.conflist
        @@ line 2 @@
        -"cniVersion": "0.4.0"
        +"cniVersion": "1.0.0"
  11. start the runtime (N s)
  12. ask the runtime which network it loaded (N s)
  13. make and remove a sandbox (N s)
  14. start the kubelet (N s)
  from here it is done from outside again:
  15. wait until the node is Ready (N s)
        by a heartbeat that is newer than its start, twice
  16. prove it with a pod (N s)
        a pod gets an address, answers, and is gone again
  17. uncordon (N s)
  18. release the lock (N s)

ORDER
  The new plugins support the old version of the config too, so they come first.

PODS THAT GO
  default/web-5d9c7b8f6d-XXXXX

PODS THAT STAY
  kube-system/log-agent-XXXXX (its DaemonSet would make it again at once)
node/worker-1 upgraded (run RUN)
Changed:
  5 plugins in /opt/cni/bin: bridge, host-local, loopback, portmap, tuning
  /etc/cni/net.d/10-mynet.conflist: cniVersion 1.0.0
Proved by:
  proved    the node is Ready, by a heartbeat newer than the restart: heartbeat TIME
  proved    the pods that DaemonSets have on the node are Ready: daemonset/log-agent
  proved    a new pod got an address: 10.244.21.3
  proved    the address is inside the range of the node: 10.244.21.3 is in 10.244.21.0/24
  proved    the pod answers the node: 10.244.21.3: ping
  proved    the pod answers another node: 10.244.21.3 from node/worker-4
  proved    the pod resolves names: kubernetes.default.svc by 10.96.0.10 port 53
  proved    the pod reaches the API service: 10.96.0.1 port 443
  proved    the pod was deleted and is gone: pod/cni-upgrade-canary-RUN
  proved    its lease, its cached result and its interface are gone: 10.244.21.3
Times:
  1 pod evicted, gone after N s
  the node was cordoned for N s
  its kubelet was stopped for N s
  pods that stayed were without the pod network for N s
`;

const expectedStderr = `....  take the lock
done  take the lock (N s)
....  send the files to the node
done  send the files to the node (N s): 1 KiB sent
....  rehearse with the new plugins on the node
done  rehearse with the new plugins on the node (N s): ADD ok, CHECK ok, DEL ok, GONE ok
....  cordon
done  cordon (N s): cordoned
....  drain
Warning: ignoring DaemonSet-managed Pods: kube-system/log-agent-XXXXX
evicting pod default/web-5d9c7b8f6d-XXXXX
pod/web-5d9c7b8f6d-XXXXX evicted
node/worker-1 drained
done  drain (N s): 1 pod is gone
....  the part that the node does alone
....  stop the kubelet on the node
done  stop the kubelet on the node (N s)
....  remove the remaining pod-network sandboxes with the old plugins on the node
done  remove the remaining pod-network sandboxes with the old plugins on the node (N s): 1 removed
....  stop the runtime on the node
done  stop the runtime on the node (N s)
....  replace the plugins on the node
done  replace the plugins on the node (N s)
....  set the spec version of the config list on the node
done  set the spec version of the config list on the node (N s)
....  start the runtime on the node
done  start the runtime on the node (N s)
....  ask the runtime which network it loaded on the node
done  ask the runtime which network it loaded on the node (N s)
....  make and remove a sandbox on the node
done  make and remove a sandbox on the node (N s): address=10.244.21.2
....  start the kubelet on the node
done  start the kubelet on the node (N s)
done  the part that the node does alone (N s)
....  wait until the node is Ready
      yes  the node is Ready, by a heartbeat newer than the restart: heartbeat TIME
      yes  the pods that DaemonSets have on the node are Ready: daemonset/log-agent
done  wait until the node is Ready (N s): heartbeat TIME
....  prove it with a pod
      yes  a new pod got an address: 10.244.21.3
      yes  the address is inside the range of the node: 10.244.21.3 is in 10.244.21.0/24
      yes  the pod answers the node: 10.244.21.3: ping
      yes  the pod answers another node: 10.244.21.3 from node/worker-4
      yes  the pod resolves names: kubernetes.default.svc by 10.96.0.10 port 53
      yes  the pod reaches the API service: 10.96.0.1 port 443
      yes  the pod was deleted and is gone: pod/cni-upgrade-canary-RUN
      yes  its lease, its cached result and its interface are gone: 10.244.21.3
done  prove it with a pod (N s)
....  uncordon
done  uncordon (N s): uncordoned
done  release the lock
`;
