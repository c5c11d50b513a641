import {UserError} from '../errors.ts';

/** Where a command was to run. */
export type ExecPlace = {readonly namespace: string; readonly pod: string};

/**
`gone`: the pod is not there, or its container does not run: another one has to be made, and the command has not begun.
`lost`: the kubelet or the runtime did not answer, or the stream broke: what became of the command is not known.
`refused`: trying again does not help.
*/
export type ExecErrorKind = 'gone' | 'lost' | 'refused';

/** A command in a container of which no exit code is known. */
export class ExecError extends UserError {
	readonly kind: ExecErrorKind;

	constructor(kind: ExecErrorKind, {namespace, pod}: ExecPlace, seen: string, cause?: unknown) {
		super(`a command in pod/${pod} of namespace/${namespace} ${said[kind]}: ${seen.slice(0, 1_000)}`, {
			remedy: remedies[kind](namespace, pod),
			cause,
		});
		this.kind = kind;
	}
}

const said: Readonly<Record<ExecErrorKind, string>> = {
	gone: 'could not begin, since its container does not run',
	lost: 'was cut off, so that its end is not known',
	refused: 'could not be run',
};

const remedies: Readonly<Record<ExecErrorKind, (namespace: string, pod: string) => string>> = {
	gone: (namespace, pod) => `See why: kubectl describe --namespace ${namespace} pod/${pod}`,
	lost: () => 'The kubelet or the runtime of the node may be restarting, or something on the way cuts connections. Try again.',
	refused: (namespace, pod) => `Compare: kubectl exec --namespace ${namespace} ${pod} -- true`,
};

/**
By the words of API server, kubelet and runtime. The first match is taken; a 5xx that is not known counts as lost.
(kubernetes/kubernetes: pkg/kubelet/server/server.go and pkg/kubelet/kubelet_pods.go, v1.36; cri-o/cri-o: server/container_exec.go)
*/
const rows: readonly {readonly says: RegExp; readonly kind: ExecErrorKind}[] = [
	{
		says: /container not found|pod does not exist|does not have a host assigned|container is not (?:created or )?running/i,
		kind: 'gone',
	},
	{says: /cannot exec in a (?:stopped|deleted) |is in CONTAINER_EXITED state|no such container|not valid for pod/i, kind: 'gone'},
	{says: /executable file not found|no such file or directory"?:? unknown|OCI runtime exec failed/i, kind: 'refused'},
];

/** `status` is that of HTTP. */
export function execErrorOf(message: string, status: number, place: ExecPlace, cause?: unknown): ExecError {
	const kind = rows.find(({says}) => says.test(message))?.kind ?? (status >= 500 || status === 429 ? 'lost' : 'refused');
	return new ExecError(kind, place, message, cause);
}
