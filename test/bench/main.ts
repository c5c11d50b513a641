/*
What the command line costs, as figures and as ratios within one run: `npm run bench [ROW...]`, some minutes. Nothing here fails on a time;
what is promised in counts is held by test/scale/. The program is the built one, with the embedded cluster in another process.
*/
import {mkdtempSync, rmSync} from 'node:fs';
import {cpus, release, tmpdir, totalmem} from 'node:os';
import {join} from 'node:path';
import {formatTable} from '../../lib/print/table.ts';
import type {Bench, BenchRow} from './bench.ts';
import {builtProgram} from './program.ts';
import {drain} from './rows/drain.ts';
import {peers} from './rows/peers.ts';
import {preflightByPod} from './rows/preflight-by-pod.ts';
import {startUp} from './rows/start-up.ts';
import {viaApi} from './rows/via-api.ts';

const rows: readonly BenchRow[] = [startUp, viaApi, preflightByPod, peers, drain];

const asked = process.argv.slice(2);
const directory = mkdtempSync(join(tmpdir(), 'cni-upgrade-bench-'));
try {
	const bench: Bench = await builtProgram(directory);
	const {length: cores, 0: cpu} = cpus();
	write(
		`${cores} x ${cpu?.model ?? 'unknown processor'}, ${Math.round(totalmem() / 2 ** 30)} GiB, ${process.platform} ${release()}, ` +
			`Node.js ${process.versions.node}, program: ${bench.what}\n`,
	);
	for (const row of rows.filter(({name}) => asked.length === 0 || asked.includes(name))) {
		write(`\n${row.name}: ${row.title}\n`);
		for (const table of await row.run(bench)) {
			write(typeof table === 'string' ? `${table}\n` : formatTable(table));
		}
	}
} finally {
	rmSync(directory, {recursive: true, force: true});
}

function write(text: string): void {
	process.stdout.write(text);
}
