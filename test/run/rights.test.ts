import test from 'ava';
import {roleRows} from '../../cmd/role-rows.ts';
import type {Api} from '../../lib/cluster/api.ts';
import {requireRights} from '../../lib/run/rights.ts';
import {fakeApi} from '../cluster-client/fake-api.ts';

type Asked = {verb: string; group?: string; resource: string; subresource?: string; namespace?: string};

/** Says yes to everything but one right. */
function apiWithout(missing: string): Api {
	const apiVersion = 'authorization.k8s.io/v1';
	return {
		...fakeApi(),
		async request({path, body}) {
			const isOne = path.endsWith('selfsubjectaccessreviews');
			const asked: Asked = isOne
				? (body as {spec: {resourceAttributes: Asked}}).spec.resourceAttributes
				: {verb: '', resource: ''};
			const {verb, resource, subresource, namespace} = asked;
			const right = `${verb} ${resource}${subresource === undefined ? '' : `/${subresource}`} in ${namespace ?? '*'}`;
			const json = isOne
				? {apiVersion, kind: 'SelfSubjectAccessReview', status: {allowed: right !== missing}}
				: {apiVersion, kind: 'SelfSubjectRulesReview', status: {resourceRules: [], nonResourceRules: [], incomplete: true}};
			return {status: 201, headers: {}, json, text: ''};
		},
	};
}

const settings = {namespace: 'ours', drain: {disableEviction: false}} as Parameters<typeof requireRights>[1];
const {signal} = new AbortController();

/** Without these a run goes on: it says less, or does without. */
const spared = ['events', 'services', 'pods/log', 'configmaps'];

test('a run begins with all rights of its role', async t => {
	await t.notThrowsAsync(requireRights(apiWithout(''), settings, signal));
});

for (const {where, rules} of roleRows.node('ssh')) {
	const namespace = where === 'cluster' ? '*' : where === 'ours' ? 'ours' : where.namespace;
	for (const {resources, verbs} of rules.filter(({resources: [resource = '']}) => !spared.includes(resource))) {
		// A probe or our own pod stops at these before anything is changed.
		const early = namespace === 'ours' ? ['list', 'watch', 'deletecollection'] : [];
		for (const verb of verbs.filter(verb => !early.includes(verb))) {
			test(`it does not begin without ${verb} ${resources[0]} in ${namespace}`, async t => {
				await t.throwsAsync(requireRights(apiWithout(`${verb} ${resources[0]} in ${namespace}`), settings, signal), {
					message: new RegExp(`may not ${verb} ${resources[0]}(?:\\.[a-z0-9.]+)? in `),
				});
			});
		}
	}
}
