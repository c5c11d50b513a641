import {readFileSync} from 'node:fs';

let cached: string | undefined;

/** The script that runs on nodes, as it stands beside this file. The built command holds it as a string: the build replaces this read. */
export function collectScript(): string {
	cached ??= readFileSync(new URL('./collect.sh', import.meta.url), 'utf8');
	return cached;
}
