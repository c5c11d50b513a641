import type {Finding} from '../../../lib/check/check.ts';
import {runChecks} from '../../../lib/check/run-checks.ts';
import {effectiveVersion} from '../../../lib/cni/effective-version.ts';
import {loadedConfigs} from '../../../lib/cni/load-order.ts';
import {isUnknown, type Known} from '../../../lib/facts/unknown.ts';
import {releaseOf} from '../../../lib/runtime/releases.ts';
import {confDir} from './places.ts';
import type {Replayed} from './replay.ts';
import type {NetworkRow} from './row.ts';

/** What the rules say that the daemon holds: the networks as a row of this runtime has them. */
export function networksBy({held, daemon, row}: Replayed): Known<readonly NetworkRow[]> {
	const load = loadedConfigs(held);
	if (isUnknown(load)) {
		return load;
	}

	return load.active.map(list => {
		const {version, because} = effectiveVersion(list, releaseOf(daemon.runtime, row.version));
		const file = list.path.replace(`${confDir}/`, '');
		return daemon.runtime === 'cri-o'
			? // CRI-O calls a network without a name by its file.
				{name: list.name ?? file, file}
			: {
					name: list.name ?? '',
					cniVersion: because === 'default' ? '' : version,
					types: list.plugins.flatMap(({type}) => type ?? []),
				};
	});
}

/** Findings that say that no pod starts, or none is torn down. Those on the runtime's age, and on what it reports, say neither. */
const decisive: readonly string[] = [
	'config-present',
	'config-loads',
	'config-extension-fits',
	'config-named',
	'loopback-present',
	'loopback-supports-runtime',
	'plugin-present',
	'plugin-supports-config',
	'runtime-handles-versions',
	'runtime-reads-version',
	'spec-version-set',
	'spec-version-valid',
];

/** Says only that a sandbox cannot be made; one that is there goes all the same. */
const atAddAlone: readonly string[] = ['runtime-handles-versions'];

/** Errors because of which `add` or `del` has to fail. */
export function errorsFor(verb: 'add' | 'del', step: Replayed): Finding[] {
	const errors = errorsOf(step, verb);
	return errors.filter(
		({check, effect}) =>
			decisive.includes(check) &&
			(verb === 'add'
				? !(check === 'spec-version-set' && /^Pods (?:start,|that run)/.test(effect))
				: !atAddAlone.includes(check)),
	);
}

/**
CRI-O takes the next file where it leaves one out, and tears a sandbox down by the config with which it was made; only its plugins are
those of now.
*/
function errorsOf({held, facts, made, daemon}: Replayed, verb: 'add' | 'del'): Finding[] {
	const given =
		daemon.runtime === 'cri-o' && verb === 'del' && made !== undefined ? {...facts, configFiles: made.configFiles} : held;
	const errors = runChecks(given).filter(({severity}) => severity === 'error');
	const load = loadedConfigs(given);
	const goesOn = daemon.runtime === 'cri-o' && !isUnknown(load) && load.active.length > 0;
	return goesOn ? errors.filter(({effect}) => !effect.includes('leaves this file out')) : errors;
}

/** The error that a finding foretells, as it quotes it. */
export function quotedText(verb: 'add' | 'del', {effect}: Finding): string | undefined {
	const [, own] = /DEL fails with: (.*)/.exec(effect) ?? [];
	const [, adds] =
		/(?:ADD fails:|CHECK after ADD fails with:|runtime fails with:|New pods stay in ContainerCreating:(?! the plugin)) (.*)/.exec(
			effect,
		) ?? [];
	const quoted = verb === 'del' ? (own ?? adds) : adds;
	return quoted?.replace(/\)?, and deleted pods.*$/, '').replace(/\)?\.(?: (?:[A-Z]|containerd takes).*)?$/, '');
}
