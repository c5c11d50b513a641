import {execFile} from 'node:child_process';
import {mkdtempSync, readFileSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {promisify} from 'node:util';
import test from 'ava';
import {readSavedFacts} from '../../../lib/facts/saved.ts';
import {printedRules} from '../../cmd/printed-rules.ts';
import {cli} from '../../cmd/run-cli.ts';
import {eventually} from '../../contract/objects.ts';
import {clientOf, RealCluster} from '../../contract/real.ts';
import {auditedCalls} from './audit.ts';
import {noCluster, type Rig, testCluster} from './cluster.ts';

const asked = testCluster();
if (asked === undefined) {
	test('preflight works on a real cluster', t => {
		t.fail(noCluster);
	});
} else if (asked.rig === undefined) {
	test('preflight --via api works on a cluster that is only read', async t => {
		const {code, stdout, stderr} = await cli(['preflight', '--via', 'api', '--kubeconfig', asked.kubeconfig, '-o', 'json']);
		const client = clientOf(asked.kubeconfig);
		const {items} = (await client.call('GET', '/api/v1/nodes')).json;
		client.close();
		const names = (list: readonly {readonly name: string}[]) => list.map(({name}) => name).sort();
		t.deepEqual(names(JSON.parse(stdout).nodes), names(items.map(({metadata}: {metadata: {name: string}}) => metadata)));
		// 1 where nothing worse is found: what only the nodes know is not known.
		t.true([1, 3].includes(code), `exit code ${code}: ${stderr}`);
	});
} else {
	onOwnCluster(asked.kubeconfig, asked.rig);
}

/** What each node of test/cluster/rig/nodes.sh has to be told. */
function onOwnCluster(kubeconfig: string, rig: Rig): void {
	const directory = mkdtempSync(join(tmpdir(), 'cni-upgrade-suite-'));
	const client = clientOf(kubeconfig);
	const cluster = new RealCluster(client);
	const preflight = async (...args: readonly string[]) => cli(['preflight', '--kubeconfig', kubeconfig, ...args]);

	test.serial.before(async () => {
		await cluster.clean();
		// As an administrator would: the namespace and its label, once.
		await preflight('-o', 'json');
	});
	test.after.always(async () => {
		rmSync(directory, {recursive: true, force: true});
		await cluster.clean();
		client.close();
	});

	test.serial('an ordinary user gets the verdicts by pod, with the printed rules and nothing else', async t => {
		const {name} = await (await cluster.server(0)).userWith(await printedRules());
		const {code, stdout, stderr} = await preflight('--as', name, '-o', 'json', '--save', join(directory, 'pod.json'));
		t.is(code, 3, stderr);
		t.deepEqual(found(stdout), {
			'node-bookworm': ['error plugin-supports-config'],
			'node-crio': [],
			'node-early': ['error spec-version-set'],
			'node-packages': [],
			'node-sid': [],
			'node-trixie': [],
		});
		t.deepEqual(await leftovers(), []);
		const rules = (await printedRules()).map(({verbs, resources}) => `${verbs[0]} ${resources[0]}`);
		const calls = callsOf(rig, name);
		t.true(calls.size > 5);
		t.deepEqual(
			[...calls].filter(call => !rules.includes(call) && call !== 'create selfsubjectrulesreviews'),
			[],
		);
	});

	test.serial('by SSH every node says the same as by pod', async t => {
		const {name} = await (await cluster.server(1)).userWith([{verbs: ['list', 'get'], resources: ['nodes']}]);
		const save = join(directory, 'ssh.json');
		const {code, stderr} = await preflight('--as', name, '--via', 'ssh', '--ssh-config', rig.sshConfig, '--save', save);
		t.is(code, 3, stderr);
		const [byPod, bySsh] = ['pod.json', 'ssh.json'].map(file => stableFacts(join(directory, file)));
		t.deepEqual(bySsh, byPod);
		t.deepEqual([...callsOf(rig, name)], ['list nodes']);
	});

	test.serial('by SSH with sudo too, as a user that is not root', async t => {
		const save = join(directory, 'sudo.json');
		const {code, stderr} = await preflight('--via', 'ssh', '--ssh-config', rig.sshConfig, '--ssh-user', 'admin', '--save', save);
		t.is(code, 3, stderr);
		t.deepEqual(stableFacts(save), stableFacts(join(directory, 'pod.json')));
	});

	test.serial('without any one of the rules one message names it, and nothing is made', async t => {
		const rules = await printedRules();
		for (const [index, {verbs, resources}] of rules.entries()) {
			const server = await cluster.server(10 + index);
			const {name} = await server.userWith(rules.toSpliced(index, 1));
			const {code, stdout, stderr} = await preflight('--as', name);
			t.is(code, 5, stderr);
			t.is(stdout, '');
			t.regex(stderr, new RegExp(`may not ${verbs[0]} ${resources[0]} `));
			t.regex(stderr, /The least role: kubectl cni-upgrade rbac preflight\n/);
		}

		t.deepEqual(await leftovers(), []);
	});

	test.serial('a run that is ended in the middle leaves nothing', async t => {
		for (const ms of [150, 600, 1_500]) {
			await t.notThrowsAsync(endedAfter(kubeconfig, ms));
			t.true(await eventually(async () => (await leftovers()).length === 0), `after ${ms} ms`);
		}
	});

	async function leftovers(): Promise<readonly string[]> {
		const kinds = await Promise.all(
			['pods', 'configmaps'].map(async kind => {
				const query = {labelSelector: 'app.kubernetes.io/managed-by=kubectl-cni-upgrade'};
				const {json} = await client.call('GET', `/api/v1/${kind}`, {query});
				return json.items.map(({metadata}: {metadata: {name: string}}) => `${kind}/${metadata.name}`);
			}),
		);
		return kinds.flat();
	}
}

/** `SEVERITY CHECK` of each node's errors: warnings tell of its past too. */
function found(report: string): Readonly<Record<string, readonly string[]>> {
	type Reported = {name: string; findings: readonly {severity: string; check: string}[]};
	const {nodes} = JSON.parse(report) as {nodes: readonly Reported[]};
	return Object.fromEntries(
		nodes.map(({name, findings}) => [
			name,
			findings.filter(({severity}) => severity === 'error').map(({severity, check}) => `${severity} ${check}`),
		]),
	);
}

/** Saved facts but for what changes from one minute to the next. */
function stableFacts(file: string): readonly unknown[] {
	const saved = readSavedFacts(JSON.parse(readFileSync(file, 'utf8')));
	if ('invalid' in saved) {
		throw new Error(saved.invalid);
	}

	return saved.facts.map(({via: _way, collectedAt: _when, journal: _logs, ...facts}) => facts);
}

/** `VERB RESOURCE` of everything that this user asked of the API server. */
function callsOf(rig: Rig, user: string): ReadonlySet<string> {
	return new Set(auditedCalls(rig, user).map(({words}) => words));
}

/** Resolves when the process has ended by the signal that it got, as it should. */
async function endedAfter(kubeconfig: string, ms: number): Promise<void> {
	const command = join(import.meta.dirname, '../../../cmd/kubectl-cni_upgrade.ts');
	const args = ['--kubeconfig', kubeconfig, 'preflight'];
	await promisify(execFile)(process.execPath, [command, ...args], {timeout: ms, killSignal: 'SIGINT'}).catch((error: unknown) => {
		const {code, signal} = error as {code?: number; signal?: string};
		// 130: it was interrupted; 3: it had its answers by then. In its first moments nobody listens yet, and nothing is made yet.
		if (code !== 130 && code !== 3 && signal !== 'SIGINT') {
			throw error;
		}
	});
}
