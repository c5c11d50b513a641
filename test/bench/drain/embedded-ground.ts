import {startFleet} from '../../scale/fleet.ts';
import {type Ground, pods, terminationSeconds} from './ground.ts';

/** The embedded cluster, in a process of its own. */
export async function embeddedGround(): Promise<Ground> {
	const fleet = await startFleet({nodes: 1, pods, terminationSeconds});
	return {
		kubeconfig: fleet.kubeconfig,
		node: 'node-00001',
		user: undefined,
		async stats() {
			const {requests, byVerb, pods} = await fleet.stats();
			return {requests, byVerb, lastGone: pods.lastGone ?? Number.NaN};
		},
		stop: fleet.stop,
	};
}
