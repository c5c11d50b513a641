import type {Case} from './contract.ts';
import {patches, paths} from './objects.ts';

const lease = (name: string, spec: object, metadata: object = {}) => ({
	apiVersion: 'coordination.k8s.io/v1',
	kind: 'Lease',
	metadata: {name, ...metadata},
	spec,
});

export const leaseContract: readonly Case[] = [
	{
		title: 'one of two who make the same lease wins, the other is told 409 AlreadyExists',
		async run(t, {client, namespace}) {
			const path = paths.leases(namespace);
			const spec = {
				holderIdentity: 'me',
				leaseDurationSeconds: 60,
				acquireTime: '2026-11-25T10:00:00.123456Z',
				renewTime: '2026-11-25T10:00:00.000000Z',
				leaseTransitions: 0,
			};
			const made = await client.call('POST', path, {body: lease('lock', spec)});
			t.is(made.status, 201);
			t.deepEqual(made.json.spec, spec);
			const {status, json} = await client.call('POST', path, {body: lease('lock', spec)});
			t.is(status, 409);
			t.like(json, {
				reason: 'AlreadyExists',
				message: 'leases.coordination.k8s.io "lock" already exists',
				details: {name: 'lock', group: 'coordination.k8s.io', kind: 'leases'},
			});
		},
	},
	{
		title: 'a lease that somebody changed meanwhile is 409 Conflict, by PUT and by PATCH',
		async run(t, {client, namespace}) {
			const path = `${paths.leases(namespace)}/lock`;
			const {json: old} = await client.call('POST', paths.leases(namespace), {body: lease('lock', {holderIdentity: 'a'})});
			const {resourceVersion, uid} = old.metadata;
			const taken = await client.call('PUT', path, {body: lease('lock', {holderIdentity: 'b'}, {resourceVersion, uid})});
			t.is(taken.status, 200);
			t.not(taken.json.metadata.resourceVersion, resourceVersion);
			const late = await client.call('PUT', path, {body: lease('lock', {holderIdentity: 'c'}, {resourceVersion})});
			const patched = await client.call('PATCH', path, {
				headers: {'content-type': patches.merge},
				body: {metadata: {resourceVersion}, spec: {holderIdentity: 'c'}},
			});
			for (const {status, json} of [late, patched]) {
				t.is(status, 409);
				t.like(json, {
					reason: 'Conflict',
					message:
						'Operation cannot be fulfilled on leases.coordination.k8s.io "lock": the object has been modified; please apply your changes to the latest version and try again',
				});
			}

			t.is((await client.call('GET', path)).json.spec.holderIdentity, 'b');
		},
	},
	{
		title: 'a lease is not replaced without its version; one that is not there is made by PUT',
		async run(t, {client, namespace}) {
			const path = `${paths.leases(namespace)}/lock`;
			const made = await client.call('PUT', path, {body: lease('lock', {holderIdentity: 'a'})});
			t.is(made.status, 201);
			const {status, json} = await client.call('PUT', path, {body: lease('lock', {holderIdentity: 'b'})});
			t.is(status, 422);
			t.is(
				json.message,
				'leases.coordination.k8s.io "lock" is invalid: metadata.resourceVersion: Invalid value: 0: must be specified for an update',
			);
			const misnamed = await client.call('PUT', path, {body: lease('other', {holderIdentity: 'b'})});
			t.is(misnamed.status, 400);
			t.is(misnamed.json.message, 'the name of the object (other) does not match the name on the URL (lock)');
		},
	},
	{
		title: 'the times of a lease have six digits after the second: what toISOString writes is 400',
		async run(t, {client, namespace}) {
			for (const renewTime of ['2026-11-25T10:00:00.123Z', '2026-11-25T10:00:00Z']) {
				const {status, json} = await client.call('POST', paths.leases(namespace), {body: lease('lock', {renewTime})});
				t.is(status, 400);
				t.is(json.reason, 'BadRequest');
				t.true(
					json.message.startsWith(
						`Lease in version "v1" cannot be handled as a Lease: parsing time "${renewTime}" as "2006-01-02T15:04:05.000000Z07:00": cannot parse `,
					),
				);
			}
		},
	},
	{
		title: 'a lease lasts longer than nothing',
		async run(t, {client, namespace}) {
			const body = lease('lock', {leaseDurationSeconds: 0});
			const {status, json} = await client.call('POST', paths.leases(namespace), {body});
			t.is(status, 422);
			t.is(
				json.message,
				'Lease.coordination.k8s.io "lock" is invalid: spec.leaseDurationSeconds: Invalid value: 0: must be greater than 0',
			);
		},
	},
	{
		title: 'a lease is deleted only as it was seen',
		async run(t, {client, namespace}) {
			const path = `${paths.leases(namespace)}/lock`;
			const {json: made} = await client.call('POST', paths.leases(namespace), {body: lease('lock', {holderIdentity: 'a'})});
			const {resourceVersion, uid} = made.metadata;
			await client.call('PUT', path, {body: lease('lock', {holderIdentity: 'b'}, {resourceVersion})});
			const late = await client.call('DELETE', path, {body: {preconditions: {resourceVersion, uid}}});
			t.is(late.status, 409);
			t.regex(
				late.json.message,
				/^Operation cannot be fulfilled on Lease\.coordination\.k8s\.io "lock": the ResourceVersion in the precondition \(\d+\) does not match the ResourceVersion in record \(\d+\)\. The object might have been modified$/,
			);
			const {status, json} = await client.call('DELETE', path, {body: {preconditions: {uid}}});
			t.is(status, 200);
			t.like(json, {
				kind: 'Status',
				status: 'Success',
				details: {name: 'lock', group: 'coordination.k8s.io', kind: 'leases', uid},
			});
			t.is((await client.call('GET', path)).status, 404);
		},
	},
	{
		title: 'a lease that was deleted is made anew by a PUT with its version, and not by one with its uid',
		async run(t, {client, namespace}) {
			const path = `${paths.leases(namespace)}/lock`;
			const {json: old} = await client.call('POST', paths.leases(namespace), {body: lease('lock', {holderIdentity: 'a'})});
			const {resourceVersion, uid} = old.metadata;
			await client.call('DELETE', path);
			const same = await client.call('PUT', path, {body: lease('lock', {holderIdentity: 'a'}, {resourceVersion, uid})});
			t.is(same.status, 409);
			t.like(same.json, {reason: 'Conflict'});
			t.regex(same.json.message, /Precondition failed: UID in precondition: \S+, UID in object meta: $/);
			t.is((await client.call('GET', path)).status, 404);
			const other = await client.call('PUT', path, {body: lease('lock', {holderIdentity: 'a'}, {resourceVersion})});
			t.is(other.status, 201);
			t.not(other.json.metadata.uid, uid);
		},
	},
];
