import type {Api} from '../cluster/api.ts';
import {deleteConfigMap} from '../cluster/config-maps.ts';
import {deletePods} from '../cluster/pods.ts';
import {messageOf} from '../errors.ts';
import {labels} from './probe-pod.ts';

/** Milliseconds that the clean-up may take, also after Ctrl-C. */
const cleanUpTimeout = 10_000;

/**
Removes everything that a run made, on every way out. It has its own deadline, since the run's signal may be aborted already.
What it cannot remove is named, not thrown: the run's own result or failure matters more.
*/
export async function removeRun(api: Api, namespace: string, run: string, onNotice: (message: string) => void): Promise<void> {
	const signal = AbortSignal.timeout(cleanUpTimeout);
	const left = (what: string) => (error: unknown) =>
		onNotice(
			`${what} in namespace/${namespace} could not be removed: ${messageOf(error)}; remove what is left with: kubectl cni-upgrade cleanup --namespace ${namespace}`,
		);
	await deletePods(api, {namespace, labelSelector: `${labels.run}=${run},${labels.probe}`, signal}).catch(
		left(`probe pods of run ${run}`),
	);
	await deleteConfigMap(api, {namespace, name: `cni-upgrade-${run}`, signal}).catch(left(`configmap/cni-upgrade-${run}`));
}
