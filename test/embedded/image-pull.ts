import type {Pod} from './objects.ts';
import type {NodeFault, SimulatedNode} from './simulated-node.ts';

/** Whether a pod's image is there: held, pulled now, or the waiting reasons that the kubelet reports one after the other. */
export type ImageOutcome =
	| {readonly kind: 'held'}
	| {readonly kind: 'pulled'}
	| {readonly kind: 'missing'; readonly waiting: readonly (readonly [reason: string, message: string])[]};

/** What the kubelet does about the image of a pod's first container, by its pull policy. */
export function provideImage(pod: Pod, {object, registry = true}: SimulatedNode, faults: readonly NodeFault[]): ImageOutcome {
	const {image = '', imagePullPolicy = 'IfNotPresent'} = pod.spec.containers[0] ?? {};
	const isHeld = object.status.images.some(({names}) => names.includes(image));
	const fault = faults.find(({kind}) => kind === 'image-pull');
	if (imagePullPolicy === 'Never' && !isHeld) {
		return {
			kind: 'missing',
			waiting: [['ErrImageNeverPull', `Container image "${image}" is not present with pull policy of Never`]],
		};
	}

	if (fault === undefined && imagePullPolicy !== 'Always' && isHeld) {
		return {kind: 'held'};
	}

	if (fault === undefined && registry) {
		return {kind: 'pulled'};
	}

	const unreachable = `failed to pull and unpack image "${image}": failed to resolve reference "${image}": failed to do request: dial tcp: lookup registry: no such host`;
	const why = fault?.kind === 'image-pull' ? (fault.message ?? unreachable) : unreachable;
	return {
		kind: 'missing',
		waiting: [
			['ErrImagePull', why],
			['ImagePullBackOff', `Back-off pulling image "${image}": ErrImagePull: ${why}`],
		],
	};
}
