/*
The daemons' half of the truth table: what containerd and CRI-O really did in each case of cases.ts.

	node test/truth/daemons/main.ts [--case ID]... [--compare] [DAEMON]...

Writes recorded/DAEMON.jsonl for each daemon, with --case those rows of it alone. With --compare it writes nothing, prints what differs from
the recorded rows, and ends with 1 where anything does. Each case has namespaces of its own. Ends with 77 and says what is missing where it cannot run.
*/
import {existsSync, mkdirSync, readFileSync, writeFileSync} from 'node:fs';
import {parseArgs} from 'node:util';
import {type Case, cases} from './cases.ts';
import {type Daemon, daemons} from './daemons.ts';
import {runCase} from './inside.ts';
import {cleanUp, runApart} from './outside.ts';
import {recorded} from './places.ts';
import {prepare} from './prepare.ts';
import {type Row, rowsOf} from './row.ts';

const {values, positionals} = parseArgs({
	allowPositionals: true,
	options: {
		case: {type: 'string', multiple: true, default: []},
		compare: {type: 'boolean', default: false},
		inside: {type: 'string'},
	},
});

if (values.inside === undefined) {
	await outside();
} else {
	const {daemon, given, programs} = JSON.parse(values.inside) as {
		daemon: string;
		given: string;
		programs: Parameters<typeof runCase>[2];
	};
	const row = await runCase(named(daemons, daemon), named(cases, given), programs);
	// What is still there ends with this namespace of processes.
	process.stdout.write(`${JSON.stringify(row)}\n`, () => process.exit(0));
}

async function outside(): Promise<void> {
	const wanted = positionals.length === 0 ? daemons : positionals.map(id => named(daemons, id));
	const chosen = values.case.length === 0 ? cases : values.case.map(id => named(cases, id));
	const ready = prepare(wanted);
	mkdirSync(recorded, {recursive: true});
	try {
		// Two at a time: a case waits more than it works.
		await Promise.all([runEach(ready, chosen), runEach(ready, chosen)]);
	} finally {
		await cleanUp();
	}
}

async function runEach(ready: ReturnType<typeof prepare>, chosen: readonly Case[]): Promise<void> {
	for (let next = ready.shift(); next !== undefined; next = ready.shift()) {
		const {daemon, programs} = next;
		const rows: Row[] = [];
		for (const given of chosen.filter(({only}) => only === undefined || only === daemon.runtime)) {
			rows.push(await runApart({daemon: daemon.id, given: given.id, programs}));
		}

		report(daemon, rows);
	}
}

function report(daemon: Daemon, rows: readonly Row[]): void {
	const file = `${recorded}/${daemon.id}.jsonl`;
	const known = new Map((existsSync(file) ? rowsOf(readFileSync(file, 'utf8')) : []).map(row => [row.case, row]));
	const isSame = (row: Row) => JSON.stringify(known.get(row.case)) === JSON.stringify(row);
	const differing = rows.filter(row => !isSame(row));
	process.stdout.write(`${daemon.id}: ${rows.length} rows, ${differing.length} of them other than recorded\n`);
	if (values.compare) {
		process.stdout.write(differing.map(row => `${JSON.stringify(row)}\n`).join(''));
		process.exitCode = differing.length > 0 ? 1 : (process.exitCode ?? 0);
		return;
	}

	const all = new Map([...known, ...rows.map(row => [row.case, row] as const)]);
	const ordered = cases.flatMap(({id}) => all.get(id) ?? []);
	writeFileSync(file, ordered.map(row => `${JSON.stringify(row)}\n`).join(''));
}

function named<T extends {readonly id: string}>(list: readonly T[], id: string): T {
	const found = list.find(entry => entry.id === id);
	if (found === undefined) {
		process.stderr.write(`truth: ${id} is none of ${list.map(entry => entry.id).join(', ')}\n`);
		process.exit(2);
	}

	return found;
}
