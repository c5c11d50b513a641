import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {fileURLToPath} from 'node:url';
import test from 'ava';
import {journalLines, settle} from '../faults/upgrade/scene.ts';
import {startGround, until, upgraded} from './upgrade-ground.ts';

const program = fileURLToPath(new URL('../../cmd/kubectl-cni_upgrade.ts', import.meta.url));

for (const [signal, code, then] of [
	['SIGKILL', null, 'resume'],
	['SIGTERM', 130, 'rollback'],
] as const) {
	test(`a process that gets ${signal} while the node works alone, then ${then} by another one`, async t => {
		const ground = await startGround(t);
		const {kubeconfig, release, machine, run} = ground;
		const before = ground.state();
		const wanted = then === 'resume' ? upgraded(before, ground) : before;
		const argv = ['node', 'worker-1', '--plugins', release, '--cni-version', '1.0.0', '--ignore-daemonsets', '--yes'];
		const child = spawn(process.execPath, [program, ...argv], {
			env: {KUBECONFIG: kubeconfig()},
			stdio: ['ignore', 'ignore', 'pipe'],
		});
		let said = '';
		child.stderr.setEncoding('utf8').on('data', (text: string) => {
			said += text;
		});
		const ended = once(child, 'close');
		await until(
			() => child.exitCode !== null || journalLines(machine.tree.root).some(line => line.includes('\tnode\tsection\tbegin')),
		);
		child.kill(signal);
		await ended;
		t.is(child.exitCode, code, said);
		if (signal === 'SIGTERM') {
			t.regex(
				said,
				/\nInterrupted: cleaning up\. Once more ends within 2 s\.\n[\s\S]*\nerror: interrupted: the run on node\/worker-1 is not finished; /,
			);
		}

		const end = await run([then, 'worker-1', '--yes', ...(then === 'rollback' ? ['--ignore-daemonsets'] : [])]);
		t.is(end.code, 0, `${end.stdout}${end.stderr}`);
		t.deepEqual(await settle(ground, wanted), wanted);
	});
}
