import type {Api, ApiRequest} from '../cluster/api.ts';
import {ApiError} from '../cluster/errors.ts';
import {asList, asText, field} from '../cluster/json.ts';
import {podsPath} from '../cluster/pods.ts';
import {messageOf, UserError} from '../errors.ts';
import type {DrainFlags} from './filters.ts';
import type {PodRef} from './pod.ts';

/** The budget that refuses, as far as the server names it, and what it says that it needs. */
export type Blocked = {
	/** The name of a PodDisruptionBudget in the pod's namespace; undefined where the server named none. */
	readonly budget: string | undefined;
	/** Such as `needs 2 healthy pods and has 2 currently`, or the server's own text. */
	readonly message: string;
};

/** What became of asking for a pod's eviction, or deletion. */
export type EvictionAnswer =
	/** It is ending, or would be. */
	| {readonly kind: 'accepted'}
	/** There is no such pod any more. */
	| {readonly kind: 'gone'}
	/** A budget, or the server as a whole, wants to be asked later. */
	| {readonly kind: 'later'; readonly afterMs: number; readonly serverText: string; readonly blocked: Blocked}
	/** Its namespace is being emptied already. */
	| {readonly kind: 'terminating-namespace'; readonly serverText: string}
	/** No other answer will come. */
	| {readonly kind: 'refused'; readonly serverText: string; readonly remedy: string | undefined; readonly blocked?: Blocked};

export type AskEviction = {
	/** `policy/v1`, from `evictionVersion`; undefined: DELETE. */
	readonly version: string | undefined;
	readonly flags: Pick<DrainFlags, 'gracePeriodSeconds'>;
	/** The server decides and changes nothing. */
	readonly dryRun: boolean;
	readonly signal: AbortSignal;
};

/** Milliseconds after which a refusal without a Retry-After is tried again; kubectl's EvictErrorRetryDelay. */
export const retryDelayMs = 5_000;

/** A Retry-After of less is no reason to ask in a hot loop. */
const shortestDelayMs = 1_000;

/** The server that restarts, or whose connections break, is asked so often. Each try takes its own time and the pod's uid makes twice once. */
const mostTries = 7;

/** `GROUP/VERSION` of evictions on this server. Throws where it has none. */
export async function evictionVersion(api: Api, signal: AbortSignal): Promise<string> {
	const {json} = await api.request({path: '/api/v1', signal});
	const eviction = asList(field(json, 'resources')).find(
		resource => field(resource, 'name') === 'pods/eviction' && field(resource, 'kind') === 'Eviction',
	);
	const [group, version] = [asText(field(eviction, 'group')), asText(field(eviction, 'version'))];
	if (group === '' || version === '') {
		throw new UserError(`${api.server} has no evictions: pods/eviction of policy/v1 was expected in what it says of itself`, {
			remedy: 'With --disable-eviction pods are deleted instead; no PodDisruptionBudget is asked then.',
		});
	}

	return `${group}/${version}`;
}

/** Asks once for the end of exactly this pod. What passes by itself was tried again before it settles; rejects only with the signal's reason. */
export async function askEviction(api: Api, pod: PodRef, options: AskEviction): Promise<EvictionAnswer> {
	try {
		await api.request(requestFor(pod, options));
		return {kind: 'accepted'};
	} catch (error) {
		options.signal.throwIfAborted();
		return error instanceof ApiError
			? answerOf(api, pod, error, options.signal)
			: {kind: 'refused', serverText: messageOf(error), remedy: error instanceof UserError ? error.remedy : undefined};
	}
}

function requestFor(pod: PodRef, {version, flags, dryRun, signal}: AskEviction): ApiRequest {
	const options = {
		...(flags.gracePeriodSeconds >= 0 && {gracePeriodSeconds: flags.gracePeriodSeconds}),
		preconditions: {uid: pod.uid},
		...(dryRun && {dryRun: ['All']}),
	};
	const path = podsPath(pod.namespace, pod.name);
	const common = {idempotent: true, tries: mostTries, isAnswer: (error: ApiError) => isAnswer(error, dryRun), signal};
	return version === undefined
		? {...common, method: 'DELETE', path, body: {apiVersion: 'v1', kind: 'DeleteOptions', ...options}}
		: {
				...common,
				method: 'POST',
				path: `${path}/eviction`,
				body: {
					apiVersion: version,
					kind: 'Eviction',
					metadata: {namespace: pod.namespace, name: pod.name},
					deleteOptions: options,
				},
			};
}

/**
A 429 is the budget's word, and when to come again is up to the caller; a rehearsal takes no other 429 for an answer. Two budgets on one pod
are nothing that passes.
*/
function isAnswer(error: ApiError, dryRun: boolean): boolean {
	const {status, causes} = error;
	const isThrottled = status === 429 && (!dryRun || causes.some(({reason}) => reason === budgetCause));
	return status === 409 || isThrottled || hasTwoBudgets(error);
}

/** Both texts: kubernetes/kubernetes:pkg/registry/core/pod/storage/eviction.go@v1.36.0. */
const budgetCause = 'DisruptionBudget';

function hasTwoBudgets({status, message}: ApiError): boolean {
	return status === 500 && message.includes('has more than one PodDisruptionBudget');
}

async function answerOf(api: Api, pod: PodRef, error: ApiError, signal: AbortSignal): Promise<EvictionAnswer> {
	const {status, message: serverText, causes, remedy} = error;
	if (status === 404 || (status === 409 && !(await isStillThere(api, pod, signal)))) {
		return {kind: 'gone'};
	}

	if ([409, 410, 429].includes(status)) {
		const afterMs = Math.max(error.retryAfter ?? retryDelayMs, shortestDelayMs);
		return {kind: 'later', afterMs, serverText, blocked: blockedBy(error)};
	}

	if (status === 403 && causes.some(({reason}) => reason === 'NamespaceTerminating')) {
		return {kind: 'terminating-namespace', serverText};
	}

	return hasTwoBudgets(error)
		? {
				kind: 'refused',
				serverText,
				remedy: `Leave one budget whose selector takes the pod: kubectl -n ${pod.namespace} get poddisruptionbudgets. Or let pods be deleted without asking any: --disable-eviction.`,
				blocked: {budget: undefined, message: 'more than one PodDisruptionBudget takes this pod, which evictions do not support'},
			}
		: {kind: 'refused', serverText, remedy};
}

/** The same file's `createTooManyRequestsError` and `checkAndDecrement` name the budget in a cause only. */
function blockedBy({causes, message}: ApiError): Blocked {
	const cause = causes.find(({reason}) => reason === budgetCause);
	const [, budget, says] = /^The disruption budget (\S+) (.+)$/s.exec(cause?.message ?? '') ?? [];
	return {budget, message: says ?? cause?.message ?? message};
}

/** After a 409, which says that the pod of this name has another uid, or that somebody else changed it at the same moment. */
async function isStillThere(api: Api, {namespace, name, uid}: PodRef, signal: AbortSignal): Promise<boolean> {
	try {
		const {json} = await api.request({path: podsPath(namespace, name), signal});
		return field(json, 'metadata', 'uid') === uid;
	} catch (error) {
		signal.throwIfAborted();
		return !(error instanceof ApiError && error.status === 404);
	}
}
