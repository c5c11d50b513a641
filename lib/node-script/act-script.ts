import {readFileSync} from 'node:fs';

/** The files of `act/` in the order in which they are joined. */
const files = [
	'head',
	'answer',
	'limits',
	'orders',
	'journal',
	'lock',
	'unit',
	'services',
	'json',
	'sandboxes',
	'sandbox',
	'loaded',
	'files',
	'plugins',
	'config',
	'edit',
	'packages',
	'packages-others',
	'packages-fetch',
	'packages-check',
	'packages-ask',
	'packages-apt',
	'packages-rpm',
	'runtime-config',
	'hooks',
	'kubeadm',
	'rehearse',
	'check',
	'look',
	'host',
	'run',
	'undo',
	'begin',
	'put',
	'plan',
	'finish',
	'verbs',
	'main',
];

let cached: string | undefined;

/**
The script that upgrades a node, of the files beside this one; the head of `act/head.sh` documents it. The built command holds it as a
string: the build calls this and keeps the answer.
*/
export function actScript(): string {
	cached ??= `${files.map(name => readFileSync(new URL(`./act/${name}.sh`, import.meta.url), 'utf8')).join('')}\nmain "$@"\n`;
	return cached;
}
