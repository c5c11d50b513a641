import type {ConfigList} from '../cni/config-list.ts';
import {effectiveVersion} from '../cni/effective-version.ts';
import {isUnknown} from '../facts/unknown.ts';
import {releaseNumbers} from '../runtime/runtime-version.ts';
import {compareNumbers, isBelow, type Subject} from './subject.ts';
import {runsFirst} from './uses.ts';

/**
What happens to pods where a plugin cannot run with the config that it gets. containerd takes such a config and fails at each pod;
CRI-O from 1.17.5 on asks the plugins of the chain first and leaves the file out (ocicni's ValidateNetworkList), and cri-dockerd does so
too. None of them looks at ipam and delegates before. All of it has been measured: test/truth/rules.test.ts.
*/
export function effectOfRefusal(subject: Subject, list: ConfigList, words: string): string {
	const validator = validatorOf(subject);
	if (validator !== undefined && isLeftOut(list, subject)) {
		return `${validator} tries every plugin before it takes a config, and leaves this file out: new pods get the network of the next file, and where there is none they do not start.`;
	}

	const dels = failsAtDel(list, subject) ? `DEL fails with: ${emptyVersionText}` : 'DEL fails the same way';
	const adds = `New pods stay in ContainerCreating (ADD fails: ${words})`;
	return [
		validator === undefined ? `${adds}, and deleted pods stay in Terminating (${dels}).` : `${adds}.`,
		...(runsFirst(list, subject) ? ['Each try leaves behind what the plugins before it set up, an address among it.'] : []),
		...readiness(list, subject),
	].join(' ');
}

/** What the CNI libraries v0.7 to v1.0 say of a config without a version, before they ask any plugin. */
export const emptyVersionText = 'invalid version "": the version is empty';

function failsAtDel(list: ConfigList, {runtime}: Subject): boolean {
	return runtime?.release?.emptyVersion === 'del-fails' && effectiveVersion(list, runtime.release).because === 'default';
}

function isLeftOut({path}: ConfigList, {load}: Subject): boolean {
	return !isUnknown(load) && load.skipped.some(file => file.path === path);
}

function readiness(list: ConfigList, subject: Subject): readonly string[] {
	if (asksStatus(list, subject)) {
		return ['STATUS fails too, so that the node is NotReady.'];
	}

	return subject.runtime?.name === 'containerd' ? ['The node stays Ready all the while.'] : [];
}

/** libcni compares numbers, so that one which is no spec version counts too (libcni/api.go@v1.2.3: GetStatusNetworkList). */
function asksStatus(list: ConfigList, {runtime}: Subject): boolean {
	const numbers = releaseNumbers(effectiveVersion(list, runtime?.release).version);
	return runtime?.release?.status === true && numbers !== undefined && compareNumbers(numbers, [1, 1, 0]) >= 0;
}

/** The runtime that validates configs before it takes them, by the name that people know. */
export function validatorOf({runtime}: Subject): string | undefined {
	if (runtime?.name === 'docker') {
		return 'cri-dockerd';
	}

	const validates = runtime?.release?.validates ?? isBelow(runtime, [1, 18, 0]) === false;
	return runtime?.name === 'cri-o' && validates ? 'CRI-O' : undefined;
}

/** The name of the runtime as its own project writes it. */
export function runtimeTitle(name: string): string {
	return name === 'cri-o' ? 'CRI-O' : name;
}
