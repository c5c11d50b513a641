import type {ConfigList} from '../cni/config-list.ts';
import {effectiveVersion} from '../cni/effective-version.ts';
import {hasLibcni, type RuntimeRelease} from '../runtime/releases.ts';
import type {Outcome} from './check.ts';
import {emptyVersionText} from './effects.ts';
import {crioKeepsConfig, setVersion} from './remedies.ts';
import type {Subject} from './subject.ts';
import {canRun, usesOf} from './uses.ts';

/** A config that names no version, by what its runtime makes of that. */
export function missingVersion(list: ConfigList, subject: Subject): readonly Outcome[] {
	const {state} = list.version;
	const {release} = subject.runtime ?? {};
	if (state === 'set' || state === 'not-a-string' || effectiveVersion(list, release).because !== 'default') {
		return [];
	}

	const isError = release !== undefined && release.emptyVersion !== 'acts-as-0.1.0';
	return [
		{
			severity: isError ? 'error' : 'warning',
			object: `file/${list.path}`,
			message: state === 'missing' ? 'the config has no cniVersion' : 'cniVersion is empty',
			expected: 'a "cniVersion" at the top level of the config',
			effect: effects[effectFor(list, subject)],
			// Where pods hang, a drain would hang too: containerd tears down by the config that it holds at that moment.
			remedy: `${setVersion(subject, list, {drain: !isError})}${hangingPods(release)}`,
		},
	];
}

/** What else pods need that hang already: containerd 1.4.13 and 1.5.18 healed by 0.2.0 alone, 1.6.0 to 1.6.3 by any (test/truth/daemons). */
function hangingPods(release: RuntimeRelease | undefined): string {
	if (release?.emptyVersion === 'add-fails') {
		return `\n${crioKeepsConfig}`;
	}

	return release?.emptyVersion === 'del-fails' && !hasLibcni(release, [1, 0, 0])
		? '\nPods that hang already need 0.2.0 first: this containerd cannot convert what it has cached of them to a later version. Give the config 0.2.0, wait until they are gone, and then the higher one.'
		: '';
}

/** Where a plugin keeps pods from starting, which another check tells, only those that run are left to speak of. */
function effectFor(list: ConfigList, subject: Subject): keyof typeof effects {
	const {emptyVersion} = subject.runtime?.release ?? {};
	if (emptyVersion === undefined) {
		return 'not-known';
	}

	const starts = !usesOf(list, subject.facts).some(use => canRun(use, subject) === false);
	return starts || emptyVersion === 'acts-as-0.1.0' ? emptyVersion : 'dels-fail';
}

const hangs = `cannot be torn down: DEL fails with: ${emptyVersionText}. Deleted pods stay in Terminating, and draining the node hangs.`;

const effects = {
	'del-fails': `Pods start, and ${hangs}`,
	'dels-fail': `Pods that run ${hangs}`,
	'add-fails': `Pods do not start: the CHECK after ADD fails with: ${emptyVersionText}. Those that run cannot be torn down.`,
	'acts-as-0.1.0':
		'The runtime takes the config for 0.1.0: one address a pod, no CHECK, and a plugin that lacks 0.1.0 (bandwidth, firewall, vrf) cannot be added. An older containerd (before 1.6.4) or CRI-O (before 1.23.4) could not tear down its pods.',
	'not-known':
		'On containerd before 1.6.4 and CRI-O before 1.23.4 pods cannot be torn down. Later ones take the config for 0.1.0: one address a pod, no CHECK, and no plugin that lacks 0.1.0.',
} as const satisfies Record<RuntimeRelease['emptyVersion'] | 'dels-fail' | 'not-known', string>;
