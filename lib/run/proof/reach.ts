import {deletePodOnce, lookAtPod, type PodLook, podAddresses, serviceAddress} from '../../cluster/pod-reads.ts';
import {createPod} from '../../cluster/pods.ts';
import {messageOf} from '../../errors.ts';
import {canaryPod, lookerExit} from './canary-pod.ts';
import type {ProofContext} from './context.ts';
import type {ProofId, ProofItem} from './proof.ts';

/** Whether the node reaches a pod on it. */
export async function fromNode({agent, node, signal}: ProofContext, address: string): Promise<ProofItem> {
	const byPing = await ask(agent, [address], signal);
	// Nothing listens on port 9: the refusal comes from the pod's own kernel.
	const [reached, how] = byPing[0] === 'unknown' ? await ask(agent, [address, '9'], signal) : byPing;
	return reached === 'unknown'
		? {id: 'from-node', result: 'skipped', detail: `node/${node.name} has nothing to try it with: ${how}`}
		: {id: 'from-node', result: reached === 'yes' ? 'yes' : 'no', detail: `${address}: ${how}`};
}

async function ask(agent: ProofContext['agent'], words: readonly string[], signal: AbortSignal) {
	const [[reached = 'unknown', how = ''] = []] = (await agent.ask('reach', words, {signal})).of('reached');
	return [reached, how] as const;
}

/** Milliseconds for the pod on the other node. */
const otherTime = 60_000;

/** Whether another node reaches the pod, tried by a pod there that lives for a moment. */
export async function fromOther(context: ProofContext, address: string): Promise<ProofItem> {
	const {api, namespace, run, other, clock, signal} = context;
	if (other === undefined) {
		return {id: 'from-other', result: 'skipped', detail: 'there is no other node that is Ready'};
	}

	const name = `cni-upgrade-looker-${run}`;
	const at = `from node/${other.node}`;
	try {
		await createPod(
			api,
			canaryPod({
				...context,
				name,
				node: other.node,
				launch: other.launch,
				role: {kind: 'looks', address, others: await podAddresses(api, other.node, signal)},
			}),
			{signal},
		);
		const until = clock.monotonic() + otherTime;
		for (;;) {
			const pod = await lookAtPod(api, {namespace, name, signal});
			if (pod?.phase === 'Succeeded') {
				return {id: 'from-other', result: 'yes', detail: `${address} ${at}`};
			}

			if (pod === undefined || pod.phase === 'Failed') {
				return endOf(pod, address, at);
			}

			if (clock.monotonic() > until) {
				return {id: 'from-other', result: 'skipped', detail: `it could not be tried ${at}: ${pod.trouble || pod.phase}`};
			}

			await clock.sleep(500, signal);
		}
	} catch (error) {
		signal.throwIfAborted();
		return {id: 'from-other', result: 'skipped', detail: `it could not be tried ${at}: ${messageOf(error)}`};
	} finally {
		await deletePodOnce(api, {namespace, name, signal: AbortSignal.timeout(10_000)}).catch((error: unknown) =>
			context.onNotice(`pod/${name} in namespace/${namespace} could not be removed: ${messageOf(error)}`),
		);
	}
}

function endOf(pod: PodLook | undefined, address: string, at: string): ProofItem {
	switch (pod?.exitCode) {
		case lookerExit.onlyOthers: {
			return {id: 'from-other', result: 'no', detail: `${address} does not answer ${at}, from where pods of other nodes do`};
		}

		case lookerExit.nobody: {
			return {
				id: 'from-other',
				result: 'skipped',
				detail: `${address} does not answer ${at}, and neither does any pod of another node`,
			};
		}

		default: {
			const why =
				pod?.exitCode === lookerExit.nothingToTry ? 'the node has nothing to try it with' : pod?.trouble || 'the pod is gone';
			return {id: 'from-other', result: 'skipped', detail: `it could not be tried ${at}: ${why}`};
		}
	}
}

/** Prints yes or no; exit code 3 where there is nothing to try it with. $0 is an address, $1 a port. */
const connectScript = `if command -v bash >/dev/null 2>&1; then timeout 5 bash -c 'exec 3<>"/dev/tcp/$1/$2"' - "$0" "$1" 2>/dev/null && echo yes || echo no
elif command -v curl >/dev/null 2>&1; then curl -sk -m 5 -o /dev/null "https://$0:$1/" && echo yes || echo no
elif command -v wget >/dev/null 2>&1; then
	# Whoever answers plain HTTP, be it with an error, has been reached; busybox has no other that tells.
	case $(wget -T 5 -O /dev/null "http://$0:$1/" 2>&1) in
	*"can't connect"* | *'timed out'* | *refused* | *'o route'* | *unreachable*) echo no ;;
	*) echo yes ;;
	esac
else exit 3; fi`;

const resolveScript = `command -v getent >/dev/null 2>&1 || exit 3
getent hosts kubernetes.default.svc >/dev/null 2>&1 && echo yes || echo no`;

/**
What a pod needs of a cluster besides its address. Each is tried from the node first: where that does not reach the service either, such
as in a cluster without kube-proxy, the pod's network is not to blame and nothing is proved or disproved.
*/
export async function namesAndService(context: ProofContext, pod: string): Promise<readonly ProofItem[]> {
	const {api, signal} = context;
	const dns = await serviceAddress(api, {namespace: 'kube-system', name: 'kube-dns', signal});
	const service = await serviceAddress(api, {namespace: 'default', name: 'kubernetes', signal});
	return [
		dns === undefined
			? {id: 'dns', result: 'skipped', detail: 'there is no service/kube-dns in kube-system'}
			: await tryInside(context, pod, 'dns', dns, ['/bin/sh', '-c', resolveScript]),
		service === undefined
			? {id: 'service', result: 'skipped', detail: 'service/kubernetes has no address'}
			: await tryInside(context, pod, 'service', service, [
					'/bin/sh',
					'-c',
					connectScript,
					service.address,
					String(service.port),
				]),
	];
}

async function tryInside(
	{agent, node, exec, signal}: ProofContext,
	pod: string,
	id: ProofId,
	{address, port}: {readonly address: string; readonly port: number},
	command: readonly string[],
): Promise<ProofItem> {
	const where = `${address} port ${port}`;
	const [reached] = await ask(agent, [address, String(port)], signal);
	if (reached !== 'yes') {
		return {id, result: 'skipped', detail: `node/${node.name} itself does not reach ${where}`};
	}

	try {
		const {code, stdout} = await exec(pod, command, signal);
		const said = stdout.trim();
		return said === 'yes' || said === 'no'
			? {id, result: said, detail: id === 'dns' ? `kubernetes.default.svc by ${where}` : where}
			: {id, result: 'skipped', detail: `the canary has nothing to try it with (exit code ${code})`};
	} catch (error) {
		signal.throwIfAborted();
		return {id, result: 'skipped', detail: messageOf(error)};
	}
}

/** Looks at what the node still holds: a kubelet may say that a pod is gone a moment before. */
const looks = 5;

/** Whether the node holds anything of an address whose pod is gone. */
export async function released({agent, clock, signal}: ProofContext, address: string): Promise<ProofItem> {
	for (let look = 1; ; look += 1) {
		const {of} = await agent.ask('look', [address], {signal});
		const left = ['lease', 'cached', 'interface'].flatMap(kind => of(kind).map(([what = '']) => `${kind} ${what}`));
		if (left.length === 0) {
			return {id: 'released', result: 'yes', detail: address};
		}

		if (look === looks) {
			return {id: 'released', result: 'no', detail: `left on the node: ${left.join(', ')}`};
		}

		await clock.sleep(2_000, signal);
	}
}
