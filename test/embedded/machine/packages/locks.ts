import {mkdirSync, rmSync, statSync, symlinkSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';

const lock = '/var/lib/dpkg/lock-frontend';

/** Whoever holds the package manager's lock, as it stands in /proc. */
export function plantLock(root: string, {pid, program}: {readonly pid: number; readonly program: string}): void {
	const file = join(root, lock);
	mkdirSync(join(root, '/proc', String(pid), 'fd'), {recursive: true});
	mkdirSync(join(root, '/var/lib/dpkg'), {recursive: true});
	writeFileSync(file, '');
	writeFileSync(join(root, '/proc/locks'), `1: POSIX  ADVISORY  WRITE ${pid} 08:01:${statSync(file).ino} 0 EOF\n`);
	writeFileSync(join(root, '/proc', String(pid), 'comm'), `${program}\n`);
	symlinkSync(file, join(root, '/proc', String(pid), 'fd/4'));
}

export function removeLock(root: string, pid: number): void {
	rmSync(join(root, '/proc', String(pid)), {recursive: true, force: true});
	rmSync(join(root, '/proc/locks'), {force: true});
}
