/*
The truth table: what becomes of a pod's network with each libcni that runtimes are built with, each release of the reference plugins and
each version that a config may have. Really measured, each in namespaces of its own: `npm run truth` writes table.jsonl and plugins.jsonl
again, in some minutes. It needs root, Go, iproute2 and iptables; where one is missing it says so and ends with 77.

	npm run truth [CHAIN...]        only these chains again, the others as they are recorded

test/truth/rules.test.ts holds the rules of lib/check against every line.
*/
import {execFile} from 'node:child_process';
import {writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {askPlugin} from '../../lib/collect/ask-plugin.ts';
import {isUnknown} from '../../lib/facts/unknown.ts';
import {combinations, ownPlugins, pluginReleases, pluginTypes} from './combinations.ts';
import {binDir, build, measure, missing} from './measure.ts';
import {fold, keyOf, linesOf, type Measured, type PluginRow, pluginsFile, readTable, tableFile, unfold} from './table.ts';

const lacking = missing();
if (lacking !== undefined) {
	process.stderr.write(`truth: ${lacking}\n`);
	process.exit(77);
}

const ended = new AbortController();
const {signal} = ended;
process.once('SIGINT', () => ended.abort()).once('SIGTERM', () => ended.abort());

const began = Date.now();
await build(combinations, signal);
writeFileSync(pluginsFile, linesOf((await Promise.all(([...pluginReleases, ownPlugins] as const).map(askRelease))).flat()));
const asked = process.argv.slice(2);
const measured: Measured[] = asked.length === 0 ? [] : [...unfold(readTable())];
const waiting = [...combinations.entries()].filter(([, {chain}]) => asked.length === 0 || asked.includes(chain));
const count = waiting.length;
// Four at a time: much of each is waiting for links to come up.
await Promise.all([1, 2, 3, 4].map(async () => takeFrom(waiting)));
const rows = fold(measured);
writeFileSync(tableFile, linesOf(rows));
process.stderr.write(
	`truth: ${count} combinations in ${Math.round((Date.now() - began) / 1000)} s, ${rows.length} lines in ${tableFile}\n`,
);

/** Each goes to its own place, whichever is done first. */
async function takeFrom(entries: [number, Measured['combination']][]): Promise<void> {
	for (let entry = entries.shift(); entry !== undefined; entry = entries.shift()) {
		const [index, combination] = entry;
		try {
			measured[index] = {combination, outcome: await measure(combination, signal)};
		} catch (error) {
			if (signal.aborted) {
				process.exit(130);
			}

			ended.abort();
			throw new Error(keyOf(combination), {cause: error});
		}

		if (entries.length % 200 === 0) {
			process.stderr.write(`truth: ${entries.length} combinations to go\n`);
		}
	}
}

/** Plugins before 0.8.0 are not all there are today. */
async function askRelease(plugins: PluginRow['plugins']): Promise<readonly PluginRow[]> {
	const rows = await Promise.all(
		pluginTypes.map(async (type): Promise<readonly PluginRow[]> => {
			const path = join(binDir(plugins), type);
			const supported = await askPlugin(path, {timeout: 5000, signal});
			return isUnknown(supported) ? [] : [{plugins, type, supported, about: await aboutOf(path)}];
		}),
	);
	return rows.flat();
}

/** The first line of what it says to standard error when it is asked for nothing. */
async function aboutOf(path: string): Promise<string> {
	return new Promise(resolve => {
		execFile(path, {env: {}, signal}, (_, __, stderr) => resolve(stderr.split('\n', 1)[0] ?? '')).stdin?.end();
	});
}
