import {exitCode, UserError} from '../errors.ts';
import type {Api} from './api.ts';
import {ApiError} from './errors.ts';
import {asText, field} from './json.ts';
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

/** Asks for several rights at once. Where some are wanting, one `UserError` names each missing rule. */
export async function requireAccess(api: Api, rights: readonly Access[], signal: AbortSignal): Promise<void> {
	const answers = await Promise.all(rights.map(async access => ({access, ...(await mayOrUnasked(api, access, signal))})));
	const missing = answers.filter(({allowed}) => !allowed).map(({access}) => access);
	const [first] = missing;
	if (first === undefined) {
		return;
	}

	const where = first.namespace === undefined ? 'in the whole cluster' : `in namespace ${first.namespace}`;
	const each = (words: (access: Access) => string) => missing.map(words).join(' and ');
	throw new UserError(`the user of this context may not ${each(access => `${access.verb} ${nameOf(access)}`)} ${where}`, {
		remedy: `Needs: ${each(access => `verb ${access.verb} on resource ${nameOf(access)}`)} ${where}. The least role: kubectl cni-upgrade rbac preflight`,
		exitCode: exitCode.blocked,
	});
}

/** A cluster that does not let its users ask this will say so when the thing itself is done. */
async function mayOrUnasked(api: Api, access: Access, signal: AbortSignal): Promise<{readonly allowed: boolean}> {
	try {
		return await mayI(api, access, signal);
	} catch (error) {
		const refusal = error instanceof UserError && error.cause instanceof ApiError ? error.cause : error;
		if (refusal instanceof ApiError && [403, 404, 405, 501].includes(refusal.status)) {
			return {allowed: true};
		}

		throw error;
	}
}

function nameOf({resource, group = '', subresource}: Access): string {
	return `${resource}${group === '' ? '' : `.${group}`}${subresource === undefined ? '' : `/${subresource}`}`;
}
