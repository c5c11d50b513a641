import {refuse} from './status.ts';
import {allows, rulesOf, type User} from './users.ts';

/** Answers a SelfSubjectAccessReview from the same rules that requests are held against. */
export function answerReview(user: User, body: unknown): unknown {
	const spec: ReviewSpec = (body as {spec?: ReviewSpec} | undefined)?.spec ?? {};
	const attributes = spec.resourceAttributes;
	if (attributes === undefined) {
		throw refuse.invalid(
			'SelfSubjectAccessReview',
			'',
			'spec.resourceAttributes',
			'Invalid value: null: exactly one of nonResourceAttributes or resourceAttributes must be specified',
		);
	}

	const {verb = '', group = '', resource = '', subresource = '', namespace = '', name = ''} = attributes;
	return {
		kind: 'SelfSubjectAccessReview',
		apiVersion: 'authorization.k8s.io/v1',
		metadata: {},
		spec,
		status: {allowed: allows(user, {verb, group, resource, subresource, namespace, name})},
	};
}

/** Answers a SelfSubjectRulesReview: the rules that hold in one namespace. */
export function answerRulesReview(user: User, body: unknown): unknown {
	const namespace = (body as {spec?: {namespace?: string}} | undefined)?.spec?.namespace ?? '';
	if (namespace === '') {
		throw refuse.badRequest('no namespace on request');
	}

	const resourceRules = rulesOf(user)
		.filter(({namespaces}) => namespaces === undefined || namespaces.includes(namespace))
		.map(({verbs, apiGroups = [''], resources, resourceNames}) => ({
			verbs,
			apiGroups,
			resources,
			...(resourceNames && {resourceNames}),
		}));
	return {
		kind: 'SelfSubjectRulesReview',
		apiVersion: 'authorization.k8s.io/v1',
		metadata: {},
		spec: {},
		status: {resourceRules, nonResourceRules: [], incomplete: false},
	};
}

type ReviewSpec = {
	readonly resourceAttributes?: {
		readonly verb?: string;
		readonly group?: string;
		readonly resource?: string;
		readonly subresource?: string;
		readonly namespace?: string;
		readonly name?: string;
	};
};
