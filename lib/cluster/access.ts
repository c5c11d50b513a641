import type {Api} from './api.ts';
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
