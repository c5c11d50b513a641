import {readdirSync, readFileSync} from 'node:fs';
import {join} from 'node:path';
import type {ExecutionContext} from 'ava';
import type {CliResult} from '../../cmd/run-cli.ts';
import {configPath, type Ground, type State, startGround, upgraded} from '../../cmd/upgrade-ground.ts';
import type {Case} from './cases.ts';
import {runAndStrike, type Scene, settle} from './scene.ts';

/** Strikes a run once, has somebody go on where it did not end by itself, and holds the node and the cluster against how they have to be. */
export async function runCase(t: ExecutionContext, one: Case): Promise<void> {
	const ground = await startGround(t);
	const before = ground.state();
	const wanted = one.end === 'upgraded' ? upgraded(before, ground) : before;
	const problems: string[] = [];
	t.teardown(watchWhole(ground, before, problems));
	let scene: Scene | undefined;
	const first = await runAndStrike(
		ground,
		[
			{
				point: one.point,
				strike(it) {
					scene = it;
					one.strike(it);
				},
			},
		],
		{
			...(one.argv && {argv: one.argv}),
			...(one.rate !== undefined && {rate: one.rate}),
			...(one.haste !== undefined && {haste: one.haste}),
		},
	);
	t.true(
		one.codes.includes(first?.code),
		`exit code ${first?.code}\n${first?.stdout.split('\n').slice(-25).join('\n')}\n${first?.stderr}`,
	);
	t.notRegex(first?.stderr ?? '', /This is a mistake in/);
	if (scene !== undefined) {
		one.heal?.(scene);
	}

	const isOver = first?.code === 0 || first?.code === 7 || first?.code === 5;
	const later = isOver ? [] : await goOn(ground, one.goOn);
	const said = [first, ...later].map(result => `${result?.code}\n${result?.stdout}\n${result?.stderr}`).join('\n---\n');
	const end = await settle(ground, wanted);
	// A client that was killed before it had begun anything on the node leaves its lock and its pod, which end by themselves.
	const isLeft = later.at(-1)?.code === 1 && first === undefined;
	t.deepEqual(problems, [], said);
	t.deepEqual(isLeft ? {...end, leftovers: []} : end, wanted, said);
}

/** As an operator does, from another machine: until there is nothing to go on with. */
export async function goOn(ground: Ground, how: Case['goOn']): Promise<readonly CliResult[]> {
	const results: CliResult[] = [];
	for (let tries = 0; tries < 3; tries += 1) {
		const result =
			how === 'resume'
				? await ground.run(['resume', 'worker-1', '--yes'], {user: 'second'})
				: await ground.run(['rollback', 'worker-1', '--yes', '--ignore-daemonsets'], {user: 'second'});
		results.push(result);
		if (result.code === 0 || result.code === 7 || /has no unfinished upgrade|has nothing to go back to/.test(result.stderr)) {
			break;
		}
	}

	return results;
}

/** What must hold at every instant: no file is torn, and every plugin on the disk supports the config's version. */
export function watchWhole(ground: Ground, before: State, problems: string[]): () => void {
	const {machine, oldConfig} = ground;
	const {root} = machine.tree;
	const newConfig = oldConfig.replace('"0.4.0"', '"1.0.0"');
	const hashOf = (state: State) => new Map(state.machine.map(line => [line.split(' ')[0], line.split(' ').at(-1)]));
	const [old, fresh] = [hashOf(before), hashOf(upgraded(before, ground))];
	const names = readdirSync(join(root, '/opt/cni/bin'));
	const look = () => {
		const config = readFileSync(join(root, configPath), 'utf8').trimEnd();
		const isNew = config === newConfig.trimEnd();
		if (!isNew && config !== oldConfig.trimEnd()) {
			problems.push('the config is torn');
		}

		for (const line of machine.fingerprint().filter(line => names.some(name => line.startsWith(`/opt/cni/bin/${name} `)))) {
			const [path = ''] = line.split(' ');
			const hash = line.split(' ').at(-1);
			if (hash !== fresh.get(path) && (isNew || hash !== old.get(path))) {
				problems.push(isNew ? `the config is newer than ${path}` : `${path} is torn`);
			}
		}
	};
	return machine.onChange(look);
}
