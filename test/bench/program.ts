import {join} from 'node:path';
import {buildPlugin} from '../../krew/build.ts';
import type {Bench} from './bench.ts';
import {isThere} from './bench.ts';

/** What users run: the built file. Where it does not start, the sources, whose types Node.js has to strip first. */
export async function builtProgram(directory: string): Promise<Bench> {
	const built = join(directory, 'kubectl-cni_upgrade');
	await buildPlugin(built);
	if (await isThere([process.execPath, built, 'version'])) {
		return {program: [process.execPath, built], what: 'as built'};
	}

	const source = join(import.meta.dirname, '../../cmd/kubectl-cni_upgrade.ts');
	return {program: [process.execPath, source], what: 'from its sources, since the built file does not start'};
}
