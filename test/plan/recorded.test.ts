import {readdirSync, readFileSync} from 'node:fs';
import test from 'ava';
import {runChecks} from '../../lib/check/run-checks.ts';
import {specVersionsOf} from '../../lib/cni/reference-releases.ts';
import type {ConfigFile, NodeFacts} from '../../lib/facts/node-facts.ts';
import {isUnknown} from '../../lib/facts/unknown.ts';
import type {Plan} from '../../lib/plan/plan.ts';
import {replay} from '../truth/daemons/replay.ts';
import type {Row} from '../truth/daemons/row.ts';
import {archiveOf, planOf} from './inputs.ts';

const directory = new URL('../truth/daemons/recorded/', import.meta.url);
const rows = readdirSync(directory)
	.filter(name => name.endsWith('.jsonl'))
	.flatMap(name =>
		readFileSync(new URL(name, directory), 'utf8')
			.trim()
			.split('\n')
			.map(line => JSON.parse(line) as Row),
	);

/** Every situation in which a real containerd or CRI-O was put, as preflight would have seen it. */
const nodes = replay(rows)
	.filter(({step}) => step.do === 'start')
	.map(({facts, row}) => ({facts, name: `${row.daemon}, ${row.case}`}));

/** What breaks pods because of versions and plugins: the part of the checks that a plan has to mend. */
const mended = {
	only: [
		'plugin-supports-config',
		'spec-version-set',
		'spec-version-valid',
		'runtime-reads-version',
		'plugin-present',
		'loopback-supports-runtime',
	],
};

/** The node as it is when the plan was carried out. */
function after(facts: NodeFacts, {target}: Plan): NodeFacts {
	const files = isUnknown(facts.configFiles) ? [] : facts.configFiles;
	const plugins = isUnknown(facts.plugins) ? [] : facts.plugins;
	return {
		...facts,
		configFiles: files.map(file => edited(file, target.configs.find(({path}) => path === file.path)?.to)),
		plugins: plugins.map(plugin => {
			const change = target.plugins.find(({name}) => name === plugin.type);
			return change === undefined
				? plugin
				: {
						...plugin,
						path: `${change.dir}/${change.name}`,
						executable: true,
						kind: 'elf',
						supportedVersions: specVersionsOf(plugin.type, change.to ?? '') ?? [],
					};
		}),
	};
}

function edited(file: ConfigFile, cniVersion: string | undefined): ConfigFile {
	return cniVersion === undefined || file.content === undefined || !('json' in file.content)
		? file
		: {...file, content: {json: {...(file.content.json as object), cniVersion}}};
}

for (const [title, overrides] of Object.entries({
	'nothing named': {},
	'new plugins': {archive: archiveOf('v1.9.1', {names: ['bandwidth', 'bridge', 'host-local', 'loopback', 'portmap', 'ptp']})},
	'new plugins and the highest version': {archive: archiveOf('v1.4.1'), request: {cniVersion: 'auto'}},
})) {
	test(`${title}: what a plan makes of a node, the checks find well; what they find well stays`, t => {
		const outcomes = {ready: 0, refused: 0, nothing: 0};
		for (const {facts, name} of nodes) {
			const plan = planOf({facts, ...overrides});
			outcomes[plan.outcome] += 1;
			const wrong =
				plan.outcome === 'refused' ? [] : runChecks(after(facts, plan), mended).filter(({severity}) => severity !== 'info');
			t.deepEqual(
				wrong.map(({check, message}) => `${check}: ${message}`),
				[],
				name,
			);
			const isWell = runChecks(facts, mended).every(({severity}) => severity === 'info');
			t.false(isWell && plan.outcome === 'ready' && title === 'nothing named', name);
		}

		t.true(outcomes.refused > 0 && outcomes.ready + outcomes.nothing > 50);
	});
}
