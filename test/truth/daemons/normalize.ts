import {cgroup, state} from './places.ts';

/** A text of a daemon with all that differs from run to run made equal. */
export function normalize(text: string): string {
	return text
		.replaceAll(state, 'STATE')
		.replaceAll(cgroup, 'CGROUP')
		.replaceAll(/[0-9a-f]{64}/g, 'ID')
		.replaceAll(/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, 'UUID')
		.replaceAll(/\bveth[0-9a-f]{8}\b/g, 'vethN')
		.replaceAll(/\/proc\/\d+\//g, '/proc/PID/')
		.replaceAll(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z/g, 'TIME');
}
