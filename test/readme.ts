/**
The parts of README.md that are made from the product, so that they cannot drift: each stands between `<!-- NAME -->` and `<!-- /NAME -->`.
`npm run docs` writes them; `test/readme.test.ts` holds the README against them.
*/
import {readFileSync, rmSync, writeFileSync} from 'node:fs';
import {mkdtemp} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {commands} from '../cmd/commands.ts';
import {catalog} from '../lib/check/catalog.ts';
import {exitCode} from '../lib/errors.ts';
import {cli} from './cmd/run-cli.ts';
import {startEmbeddedCluster} from './embedded/embedded-cluster.ts';
import {demoFleet} from './embedded/scenarios.ts';

export const readmePath = new URL('../README.md', import.meta.url);

/** The README with every part made anew; throws where a part has no place. */
export async function freshReadme(text: string): Promise<string> {
	let fresh = text;
	for (const [name, make] of Object.entries(parts)) {
		const place = new RegExp(`(<!-- ${name} -->\n)[\\s\\S]*?(\n?<!-- /${name} -->)`);
		if (!place.test(fresh)) {
			throw new Error(`README.md has no <!-- ${name} --> … <!-- /${name} -->`);
		}

		const part = await make();
		fresh = fresh.replace(place, (_, open: string) => `${open}\n${part}\n\n<!-- /${name} -->`);
	}

	return fresh;
}

const parts: Readonly<Record<string, () => Promise<string>>> = {
	transcript,
	commands: commandTable,
	help: helpTexts,
	'exit codes': exitCodeTable,
	checks: checkTable,
	roles: async () => fenced('yaml', (await cli(['rbac', 'preflight'])).stdout),
};

const fenced = (language: string, text: string) => `\`\`\`${language}\n${text.trimEnd()}\n\`\`\``;

/** A real run over three nodes of the demo. Times are those of the run, and no two runs have the same. */
async function transcript(): Promise<string> {
	const shown = ['control-1', 'worker-1', 'worker-3'];
	const cluster = await startEmbeddedCluster({
		nodes: demoFleet().filter(({object}) => shown.includes(object.metadata.name)),
	});
	const directory = await mkdtemp(join(tmpdir(), 'cni-upgrade-readme-'));
	try {
		const kubeconfig = join(directory, 'kubeconfig');
		writeFileSync(kubeconfig, cluster.kubeconfig());
		const {stdout, stderr} = await cli(['preflight'], {env: {KUBECONFIG: kubeconfig}});
		const text = `$ kubectl cni-upgrade preflight\n${stderr}${stdout}`;
		return fenced('console', text.replaceAll(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ/g, '2026-11-25T02:17:09Z'));
	} finally {
		await cluster.stop();
		rmSync(directory, {recursive: true, force: true});
	}
}

async function commandTable(): Promise<string> {
	return markdownTable(
		['command', 'does'],
		commands.map(({name, summary}) => [`\`${name}\``, summary]),
	);
}

async function helpTexts(): Promise<string> {
	const texts: string[] = [];
	for (const {name} of commands) {
		const {stdout} = await cli([name, '--help']);
		texts.push(
			`<details>\n<summary><code>kubectl cni-upgrade ${name}</code></summary>\n\n${fenced('text', stdout)}\n\n</details>`,
		);
	}

	return texts.join('\n\n');
}

const meanings: Readonly<Record<keyof typeof exitCode, string>> = {
	ok: 'fine: no finding at or above `--fail-on`',
	failed: 'an error, a node that stayed unknown and nothing worse found, or one that could be neither upgraded nor taken back',
	usage: 'the command line itself is wrong',
	errors: 'findings of severity error',
	warnings: 'findings of severity warning, with `--fail-on warning`',
	blocked: 'blocked: a permission, an admission policy, a disruption budget, a lock, or a plan that is refused',
	notProved: '`node`: upgraded, not proved; the node stays cordoned',
	rolledBack: '`node`: rolled back; the node is as it was',
	interrupted: 'interrupted, and cleaned up; what a node has begun it ends by itself',
};

async function exitCodeTable(): Promise<string> {
	return markdownTable(
		['code', 'means'],
		Object.entries(exitCode).map(([name, code]) => [String(code), meanings[name as keyof typeof exitCode]]),
	);
}

async function checkTable(): Promise<string> {
	return markdownTable(
		['check', 'holds when'],
		catalog.map(({id, title}) => [`\`${id}\``, title]),
	);
}

function markdownTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
	const widths = head.map((title, column) => Math.max(title.length, ...rows.map(row => row[column]?.length ?? 0)));
	const line = (cells: readonly string[]) => `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`;
	return [line(head), line(widths.map(width => '-'.repeat(width))), ...rows.map(row => line(row))].join('\n');
}

if (import.meta.main) {
	writeFileSync(readmePath, await freshReadme(readFileSync(readmePath, 'utf8')));
}
