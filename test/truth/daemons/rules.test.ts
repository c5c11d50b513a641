import test from 'ava';
import {runChecks} from '../../../lib/check/run-checks.ts';
import {loadedConfigs} from '../../../lib/cni/load-order.ts';
import {isUnknown} from '../../../lib/facts/unknown.ts';
import {releaseOf} from '../../../lib/runtime/releases.ts';
import {cases, usualSteps} from './cases.ts';
import {daemons} from './daemons.ts';
import {exceptionFor, exceptions} from './exceptions.ts';
import {notJson} from './facts-of-row.ts';
import {errorsFor, networksBy, quotedText} from './predict.ts';
import {type Replayed, replay} from './replay.ts';
import {recordedRows} from './row.ts';

const rows = recordedRows();
const steps = replay(rows);
const used = new Set<string>();

/** What the rules say against what happened, of every step of which both can be said; written exceptions are left out. */
function differences(of: 'networks' | 'readiness' | 'outcome' | 'text' | 'noticing', pairs: readonly Pair[]): string[] {
	return pairs
		.filter(({said, happened}) => said !== happened)
		.filter(({step}) => {
			const known = exceptionFor(of, step);
			if (known !== undefined) {
				used.add(known.because);
			}

			return known === undefined;
		})
		.map(
			({
				step: {
					row,
					happened: {step},
				},
				said,
				happened,
			}) => `${row.daemon} ${row.case}, ${step}: rule ${said}, daemon ${happened}`,
		);
}

type Pair = {readonly step: Replayed; readonly said: string; readonly happened: string};

test('every daemon has a row of every case that is its own, and a step of every step', t => {
	for (const daemon of daemons) {
		const own = cases.filter(({only}) => only === undefined || only === daemon.runtime);
		const recorded = rows.filter(row => row.daemon === daemon.id);
		t.deepEqual(
			recorded.map(row => row.case),
			own.map(({id}) => id),
			daemon.id,
		);
		t.deepEqual(
			recorded.map(row => row.steps.length),
			own.map(given => (given.steps ?? usualSteps).length + 1),
			daemon.id,
		);
	}
});

test('the tables have the release of every daemon by its own version', t => {
	for (const {daemon, version} of rows) {
		t.not(releaseOf(daemon.startsWith('cri-o') ? 'cri-o' : 'containerd', version), undefined, `${daemon} ${version}`);
	}
});

test('which networks are loaded is as the load order says', t => {
	const pairs = steps.flatMap((step): Pair[] => {
		const said = networksBy(step);
		const {status} = step.happened;
		return status === undefined || isUnknown(said)
			? []
			: [{step, said: JSON.stringify(said), happened: JSON.stringify(status.networks)}];
	});
	t.true(pairs.length > 1600);
	t.deepEqual(differences('networks', pairs), []);
});

test("why a file is not loaded is in the daemon's own words", t => {
	const pairs = steps.flatMap((step): Pair[] => {
		const load = loadedConfigs(step.held);
		const {status} = step.happened;
		if (status === undefined || isUnknown(load)) {
			return [];
		}

		const told = [status.load ?? '', ...step.row.log];
		// What is no JSON the node script tells in its own words.
		const reasons = [...(load.failed === undefined ? [] : [load.failed]), ...load.skipped].filter(
			({reason}) => reason !== notJson,
		);
		return reasons.map(({path, reason}) => ({
			step,
			said: reason,
			happened: told.some(line => line.includes(path) && line.includes(reason))
				? reason
				: (told.find(line => line.includes(path)) ?? ''),
		}));
	});
	t.true(pairs.length > 100);
	t.deepEqual(differences('text', pairs), []);
});

test('the network is ready where a config is loaded, and STATUS does not say otherwise', t => {
	const pairs = steps.flatMap((step): Pair[] => {
		const load = loadedConfigs(step.held);
		const {status} = step.happened;
		if (status === undefined || isUnknown(load) || step.given.id.startsWith('status-')) {
			return [];
		}

		const refuses = runChecks(step.held).some(({effect}) => effect.includes('STATUS fails too'));
		// What CRI-O was once, it goes on saying.
		const wasReady = step.daemon.runtime === 'cri-o' && step.step.do !== 'restart' && wasReadyBefore(step);
		const isReady = wasReady || (load.active.length > 0 && !refuses);
		return [{step, said: `ready ${isReady}`, happened: `ready ${status.ready}`}];
	});
	t.deepEqual(differences('readiness', pairs), []);
});

function wasReadyBefore({row, happened}: Replayed): boolean {
	return row.steps.slice(0, row.steps.indexOf(happened)).some(({status}) => status?.ready === true);
}

test('STATUS decides for the releases of which the tables say so, with a list of 1.1.0', t => {
	for (const {row, daemon, happened, given} of steps.filter(({step}) => step.do === 'start')) {
		if (given.id.startsWith('status-')) {
			const release = releaseOf(daemon.runtime, row.version);
			const isAsked = given.id === 'status-error' && release?.status === true;
			t.is(happened.status?.ready, !isAsked, `${row.daemon} ${row.case}`);
		}
	}
});

test("containerd's own loopback config is of the version that the tables have", t => {
	for (const {row, daemon, happened, given} of steps.filter(({step}) => step.do === 'start')) {
		if (daemon.runtime === 'containerd' && happened.status !== undefined && given.settings?.internalLoopback !== true) {
			t.is(happened.status.loopback, releaseOf('containerd', row.version)?.loopback, `${row.daemon} ${row.case}`);
		}
	}
});

test('sandboxes are made, and removed, where no error says otherwise', t => {
	const pairs = steps.flatMap((step): Pair[] => {
		const {
			happened,
			step: {do: verb},
			made,
		} = step;
		if (verb !== 'add' && (verb !== 'del' || made === undefined || happened.sandbox === 'none' || !wasMade(step))) {
			return [];
		}

		// Scripts are not run and links that lead nowhere not read: where that decides, the rules say that they do not know.
		if (isUnknown(loadedConfigs(step.held))) {
			return [];
		}

		const errors = errorsFor(verb === 'add' ? 'add' : 'del', step);
		return [
			{
				step,
				said: errors.length === 0 ? 'fine' : 'fails',
				happened: happened.error === undefined ? 'fine' : 'fails',
			},
		];
	});
	t.true(pairs.length > 1500);
	t.deepEqual(differences('outcome', pairs), []);
});

/** The sandbox of a `del` was made and has not been removed since. */
function wasMade({row, step, happened}: Replayed): boolean {
	const before = row.steps
		.slice(0, row.steps.indexOf(happened))
		.filter(({step: name}) => 'pod' in step && name.endsWith(` ${step.pod}`));
	const last = before.findLast(({error}) => error === undefined);
	return last?.step.startsWith('add') === true;
}

test('where it fails, one of the texts that the findings quote is the error', t => {
	const pairs = steps.flatMap((step): Pair[] => {
		const {
			happened,
			step: {do: verb},
		} = step;
		if (happened.error === undefined || (verb !== 'add' && (verb !== 'del' || !wasMade(step)))) {
			return [];
		}

		// What cannot be read is quoted as ADD has it.
		const errors = errorsFor(verb, step).filter(({check}) => verb === 'add' || check !== 'runtime-reads-version');
		const texts = errors.flatMap(finding => quotedText(verb, finding) ?? []);
		const error = happened.error;
		return texts.length === 0
			? []
			: [{step, said: texts.join(' | '), happened: texts.some(text => error.includes(text)) ? texts.join(' | ') : error}];
	});
	t.true(pairs.length > 150);
	t.deepEqual(differences('text', pairs), []);
});

test('changes are noticed as the remedies take it: a rename inside the directory is, a file from outside is not by containerd', t => {
	const pairs = steps.flatMap((step): Pair[] => {
		const {
			happened,
			step: {do: change},
			daemon,
			given,
		} = step;
		if (happened.noticed === undefined || (given.id === 'move-in' && change === 'write')) {
			return [];
		}

		const isPlugin = change === 'install' || change === 'plugins';
		const isNoticed =
			change === 'swap' ||
			change === 'write' ||
			change === 'remove' ||
			change === 'pod-cidr' ||
			(daemon.runtime === 'cri-o' && (change === 'move-in' || isPlugin));
		return [{step, said: `noticed ${isNoticed}`, happened: `noticed ${happened.noticed}`}];
	});
	t.true(pairs.length > 250);
	t.deepEqual(differences('noticing', pairs), []);
});

test('what is on the disk and not noticed is found, and nothing else', t => {
	for (const step of steps) {
		if (step.happened.status !== undefined && step.daemon.runtime === 'containerd') {
			const said = networksBy({...step, held: step.facts});
			const differs = !isUnknown(said) && JSON.stringify(said) !== JSON.stringify(networksBy(step));
			const found = runChecks(step.facts, {only: ['runtime-holds-config']}).length > 0;
			t.is(found, differs, `${step.row.daemon} ${step.row.case}, ${step.happened.step}`);
		}
	}
});

test.after('every exception is needed', t => {
	t.deepEqual(
		exceptions.map(({because}) => because).filter(because => !used.has(because)),
		[],
	);
});
