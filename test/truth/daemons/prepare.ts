import {spawnSync} from 'node:child_process';
import {copyFileSync, existsSync, mkdirSync, readdirSync} from 'node:fs';
import {fileURLToPath} from 'node:url';
import type {Daemon} from './daemons.ts';
import type {Programs} from './inside.ts';
import {cache, programs} from './places.ts';

const build = fileURLToPath(new URL('../../programs/build.sh', import.meta.url));

const rig = fileURLToPath(new URL('../../cluster/rig/cluster.sh', import.meta.url));

/** Makes what the daemons need. Those that cannot be had are named on stderr and left out; 77 where none can be run. */
export function prepare(wanted: readonly Daemon[]): {readonly daemon: Daemon; readonly programs: Programs}[] {
	require(process.getuid?.() === 0, 'root');
	for (const tool of ['unshare', 'ip', 'mount', 'runc', 'bash', 'go']) {
		require(isThere(tool), tool);
	}

	require(isBuilt('cri-client', 'plugins-0.9.1', 'plugins-1.1.1', 'plugins-1.6.2'), 'a way to build the plugins and the client');
	const conmon = conmonOf(wanted);
	const ready = wanted.flatMap(daemon => {
		const dir = programsOf(daemon);
		if (dir === undefined || (daemon.runtime === 'cri-o' && conmon === undefined)) {
			process.stderr.write(`truth: ${daemon.id} is left out: ${dir === undefined ? reasonOf(daemon) : 'conmon is missing'}\n`);
			return [];
		}

		return {daemon, programs: {dir, conmon: conmon ?? ''}};
	});
	require(ready.length > 0, 'a daemon that can be run');
	return ready;
}

function require(isMet: boolean, what: string): void {
	if (!isMet) {
		process.stderr.write(`truth: ${what} is missing\n`);
		process.exit(77);
	}
}

function isThere(tool: string): boolean {
	return spawnSync('sh', ['-c', 'command -v "$1"', 'sh', tool]).status === 0;
}

function isBuilt(...names: readonly string[]): boolean {
	return spawnSync(build, names, {stdio: ['ignore', 2, 2]}).status === 0;
}

function programsOf({id, from}: Daemon): string | undefined {
	if ('program' in from) {
		return isBuilt(from.program) ? `${programs}/${from.program}` : undefined;
	}

	// Debian's containerd alone, so that none of its suite's other programs is run with this machine's C library.
	const source = `${cache}/roots/${from.root}/usr/bin`;
	spawnSync('bash', [rig, 'root', from.root], {stdio: ['ignore', 2, 2]});
	if (!existsSync(`${source}/containerd`)) {
		return undefined;
	}

	const dir = `${programs}/${id}`;
	mkdirSync(dir, {recursive: true});
	for (const name of readdirSync(source).filter(name => name.startsWith('containerd'))) {
		copyFileSync(`${source}/${name}`, `${dir}/${name}`);
	}

	return dir;
}

function reasonOf({from}: Daemon): string {
	return 'program' in from ? 'it cannot be built' : `there is no root ${from.root}: test/cluster/rig/cluster.sh root makes it`;
}

/** CRI-O does not start without. It is run for containers alone, of which there are none here. */
function conmonOf(wanted: readonly Daemon[]): string | undefined {
	if (wanted.every(({runtime}) => runtime !== 'cri-o') || existsSync('/usr/bin/conmon')) {
		return '/usr/bin/conmon';
	}

	const dir = `${programs}/conmon`;
	mkdirSync(dir, {recursive: true});
	if (!existsSync(`${dir}/usr/bin/conmon`)) {
		spawnSync('bash', ['-c', 'apt-get -q download conmon && dpkg-deb -x conmon_*.deb .'], {cwd: dir, stdio: ['ignore', 2, 2]});
	}

	return existsSync(`${dir}/usr/bin/conmon`) ? `${dir}/usr/bin/conmon` : undefined;
}
