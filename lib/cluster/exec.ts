import type {Clock} from '../clock.ts';
import {exitCode, UserError} from '../errors.ts';
import type {Api, ApiSocket} from './api.ts';
import {ApiError} from './errors.ts';
import {ExecError, type ExecPlace, execErrorOf} from './exec-errors.ts';
import type {ExecOutcome} from './exec-output.ts';
import {type ExecInput, runStreams} from './exec-streams.ts';
import {podsPath} from './pods.ts';
import {passesSoon} from './retry.ts';

export type ExecInPod = ExecPlace & {
	readonly container: string;
	/** No shell parses it. */
	readonly command: readonly string[];
	/**
	Written as fast as the command takes it, then closed; where the server speaks only v4 of the protocol (before 1.30) it stays open,
	so a command has to know how much it reads.
	*/
	readonly stdin?: ExecInput | undefined;
	/** The most bytes of standard output; more is an error. */
	readonly maxBytes: number;
	/** Milliseconds for the whole of it. */
	readonly timeout: number;
	readonly clock: Clock;
	readonly signal: AbortSignal;
};

/** Of 1.30 and later, and of all (kubernetes/kubernetes, staging/src/k8s.io/apimachinery/pkg/util/remotecommand/constants.go, v1.34). */
const protocols = ['v5.channel.k8s.io', 'v4.channel.k8s.io'];

/** Milliseconds for the server and the kubelet behind it to agree. */
const openTimeout = 15_000;

/**
Runs one command in a container and settles with its exit code, whatever that is. Rejects with `ExecError`, of which `kind` tells what to do,
and with another `UserError` where rights are wanting. A stream that broke does not end the command: it may go on, or have ended.
*/
export async function execInPod(api: Api, options: ExecInPod): Promise<ExecOutcome> {
	const {clock, timeout, signal} = options;
	const end = new AbortController();
	const timer = new AbortController();
	const both = AbortSignal.any([signal, end.signal]);
	const late = clock.sleep(timeout, AbortSignal.any([signal, timer.signal])).then(
		() => end.abort(new ExecError('lost', options, `the command did not end within ${timeout / 1000} s`)),
		() => undefined,
	);
	try {
		const opened = await open(api, options, both);
		return await runStreams(opened, options, both);
	} catch (error) {
		signal.throwIfAborted();
		throw end.signal.aborted ? end.signal.reason : error;
	} finally {
		timer.abort();
		await late;
	}
}

async function open(api: Api, options: ExecInPod, signal: AbortSignal): Promise<ApiSocket> {
	const {namespace, pod, container, command, stdin} = options;
	try {
		return await api.upgrade(
			{
				path: `${podsPath(namespace, pod)}/exec`,
				query: {command, container, stdin: stdin !== undefined, stdout: true, stderr: true},
				accept: '*/*',
				idempotent: false,
				timeout: openTimeout,
				signal,
			},
			protocols,
		);
	} catch (error) {
		signal.throwIfAborted();
		throw refusalOf(error, options);
	}
}

/** What came instead of a WebSocket. */
function refusalOf(error: unknown, place: ExecPlace): unknown {
	const refusal = error instanceof UserError && error.cause instanceof ApiError ? error.cause : error;
	if (!(refusal instanceof ApiError)) {
		return error instanceof UserError && passesSoon(error.cause) ? new ExecError('lost', place, error.message, error) : error;
	}

	if (refusal.status === 403) {
		return new UserError(
			`the user of this context may not run a command in pod/${place.pod} of namespace/${place.namespace}: ${refusal.message}`,
			{
				// The API server's authorizer of 1.35 and later asks for both, and does not say which is wanting.
				remedy: `Needs: verbs get and create on resource pods/exec in namespace ${place.namespace}. The least role: kubectl cni-upgrade rbac node`,
				exitCode: exitCode.blocked,
				cause: error,
			},
		);
	}

	if (refusal.status === 404) {
		return new ExecError('gone', place, refusal.message, error);
	}

	return refusal.status === 401 ? error : execErrorOf(refusal.message, refusal.status, place, error);
}
