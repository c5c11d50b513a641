import {isBelow, type Subject} from './subject.ts';

/**
What happens to pods where a plugin cannot run with the config that it gets. containerd takes such a config and fails at each pod;
CRI-O from 1.18 on asks every plugin first and leaves the file out (ocicni's ValidateNetworkList), and cri-dockerd does so too.
*/
export function effectOfRefusal(subject: Subject, words: string): string {
	const validator = validatorOf(subject);
	if (validator !== undefined) {
		return `${validator} tries every plugin before it takes a config, and leaves this file out: new pods get the network of the next file, and where there is none they do not start.`;
	}

	const both = `New pods stay in ContainerCreating (ADD fails: ${words}), and deleted pods stay in Terminating (DEL fails the same way).`;
	return subject.runtime?.name === 'containerd' ? `${both} The node stays Ready all the while.` : both;
}

/** The runtime that validates configs before it takes them, by the name that people know. */
export function validatorOf({runtime}: Subject): string | undefined {
	if (runtime?.name === 'docker') {
		return 'cri-dockerd';
	}

	return runtime?.name === 'cri-o' && isBelow(runtime, [1, 18, 0]) === false ? 'CRI-O' : undefined;
}

/** The name of the runtime as its own project writes it. */
export function runtimeTitle(name: string): string {
	return name === 'cri-o' ? 'CRI-O' : name;
}
