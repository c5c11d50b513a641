import {exitCode, UserError} from '../errors.ts';
import type {Api} from './api.ts';
import {ApiError} from './errors.ts';
import {asList, asText, field} from './json.ts';
import {oneKind} from './paging.ts';

/** One right, as RBAC asks for it. */
export type Access = {
	readonly verb: string;
	readonly resource: string;
	/** Empty, or absent, for the core group. */
	readonly group?: string;
	readonly subresource?: string;
	/** Absent: in the whole cluster. */
	readonly namespace?: string;
	readonly name?: string;
};

/** Asks whether we may; every authenticated user may ask this. */
export async function mayI(
	api: Api,
	access: Access,
	signal: AbortSignal,
): Promise<{readonly allowed: boolean; readonly reason: string}> {
	const {json} = await api.request({
		method: 'POST',
		path: '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews',
		body: {apiVersion: 'authorization.k8s.io/v1', kind: 'SelfSubjectAccessReview', spec: {resourceAttributes: access}},
		idempotent: true,
		signal,
	});
	const status = field(oneKind(api, json, ['SelfSubjectAccessReview']), 'status');
	return {allowed: field(status, 'allowed') === true, reason: asText(field(status, 'reason'))};
}

/**
Asks for several rights in one namespace: by one request for all of our rules there, then one by one for those that no rule gives, since
only RBAC can list its rules. Where some are wanting, one `UserError` names each, and the command whose role has them all.
*/
export async function requireAccess(
	api: Api,
	namespace: string,
	needed: readonly Omit<Access, 'namespace'>[],
	signal: AbortSignal,
	command = 'preflight',
): Promise<void> {
	const rules = await rulesIn(api, namespace, signal);
	const rights = needed.filter(access => !rules.some(rule => gives(rule, access))).map(access => ({...access, namespace}));
	const answers = await Promise.all(rights.map(async access => ({access, ...(await mayOrUnasked(api, access, signal))})));
	const missing = answers.filter(({allowed}) => !allowed).map(({access}) => access);
	const [first] = missing;
	if (first === undefined) {
		return;
	}

	const where = first.namespace === undefined ? 'in the whole cluster' : `in namespace ${first.namespace}`;
	const each = (words: (access: Access) => string) => missing.map(words).join(' and ');
	throw new UserError(`the user of this context may not ${each(access => `${access.verb} ${nameOf(access)}`)} ${where}`, {
		remedy: `Needs: ${each(access => `verb ${access.verb} on resource ${nameOf(access)}`)} ${where}. The least role: kubectl cni-upgrade rbac ${command}`,
		exitCode: exitCode.blocked,
	});
}

type Rule = {readonly verbs: unknown; readonly apiGroups: unknown; readonly resources: unknown; readonly resourceNames: unknown};

/** Our own rules in a namespace, as far as the server can list them; none where it cannot. */
async function rulesIn(api: Api, namespace: string, signal: AbortSignal): Promise<readonly Rule[]> {
	try {
		const {json} = await api.request({
			method: 'POST',
			path: '/apis/authorization.k8s.io/v1/selfsubjectrulesreviews',
			body: {apiVersion: 'authorization.k8s.io/v1', kind: 'SelfSubjectRulesReview', spec: {namespace}},
			idempotent: true,
			signal,
		});
		return asList(field(oneKind(api, json, ['SelfSubjectRulesReview']), 'status', 'resourceRules')) as readonly Rule[];
	} catch (error) {
		if (isUnasked(error)) {
			return [];
		}

		throw error;
	}
}

function gives(rule: Rule, {verb, resource, group = '', subresource}: Omit<Access, 'namespace'>): boolean {
	const has = (key: keyof Rule, value: string) => asList(field(rule, key)).some(entry => entry === value || entry === '*');
	return (
		has('verbs', verb) &&
		has('apiGroups', group) &&
		has('resources', subresource === undefined ? resource : `${resource}/${subresource}`) &&
		asList(field(rule, 'resourceNames')).length === 0
	);
}

/** A cluster that does not let its users ask this will say so when the thing itself is done. */
async function mayOrUnasked(api: Api, access: Access, signal: AbortSignal): Promise<{readonly allowed: boolean}> {
	try {
		return await mayI(api, access, signal);
	} catch (error) {
		if (isUnasked(error)) {
			return {allowed: true};
		}

		throw error;
	}
}

function isUnasked(error: unknown): boolean {
	const refusal = error instanceof UserError && error.cause instanceof ApiError ? error.cause : error;
	return refusal instanceof ApiError && [403, 404, 405, 501].includes(refusal.status);
}

function nameOf({resource, group = '', subresource}: Access): string {
	return `${resource}${group === '' ? '' : `.${group}`}${subresource === undefined ? '' : `/${subresource}`}`;
}
