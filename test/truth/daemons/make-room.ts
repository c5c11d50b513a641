import {spawnSync} from 'node:child_process';
import {mkdirSync, rmSync} from 'node:fs';
import {state} from './places.ts';

/**
Makes this mount namespace the daemon's own: what is written to /etc, /opt and /var stays in a tmpfs, and so do /run and the state
directory. Nothing of it is seen outside.
*/
export function makeRoom(): void {
	run('mount', '--make-rprivate', '/');
	run('mount', '-t', 'tmpfs', '-o', 'mode=0755', 'tmpfs', state);
	for (const dir of ['etc', 'opt', 'var']) {
		const [upper, work] = [`${state}/over/${dir}`, `${state}/work/${dir}`];
		mkdirSync(upper, {recursive: true});
		mkdirSync(work, {recursive: true});
		run('mount', '-t', 'overlay', '-o', `lowerdir=/${dir},upperdir=${upper},workdir=${work}`, 'overlay', `/${dir}`);
	}

	run('mount', '-t', 'tmpfs', '-o', 'mode=0755', 'tmpfs', '/run');
	for (const dir of ['/etc/cni', '/opt/cni', '/var/lib/cni']) {
		rmSync(dir, {recursive: true, force: true});
	}

	run('ip', 'link', 'set', 'lo', 'up');
}

function run(program: string, ...args: readonly string[]): void {
	const {status, stderr} = spawnSync(program, args, {encoding: 'utf8'});
	if (status !== 0) {
		throw new Error(`${program} ${args.join(' ')}: ${stderr}`);
	}
}
