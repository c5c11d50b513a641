import type {Case} from './contract.ts';
import {paths} from './objects.ts';

const event = (name: string, about: object, fields: object = {}) => ({
	apiVersion: 'v1',
	kind: 'Event',
	metadata: {name},
	involvedObject: about,
	reason: 'Tested',
	message: 'a test of events',
	type: 'Normal',
	...fields,
});

export const eventContract: readonly Case[] = [
	{
		title: 'an event about a node stands in the namespace default, and nowhere else',
		async run(t, {client, namespace, node}) {
			const about = {kind: 'Node', name: node, uid: node};
			const elsewhere = await client.call('POST', paths.events(namespace), {body: event('about-node', about)});
			t.is(elsewhere.status, 422);
			t.is(
				elsewhere.json.message,
				'Event "about-node" is invalid: involvedObject.namespace: Invalid value: "": does not match event.namespace',
			);
			const name = `${namespace}-about-node`;
			const {status} = await client.call('POST', paths.events('default'), {body: event(name, about)});
			t.is(status, 201);
			const fieldSelector = `involvedObject.kind=Node,involvedObject.name=${node},reason=Tested`;
			const {json} = await client.call('GET', paths.events('default'), {query: {fieldSelector}});
			t.true(json.items.some(({metadata}: {metadata: {name: string}}) => metadata.name === name));
			await client.call('DELETE', `${paths.events('default')}/${name}`);
		},
	},
	{
		title: 'an event stands in the namespace of what it is about',
		async run(t, {client, namespace}) {
			const path = paths.events(namespace);
			const times = {firstTimestamp: '2026-11-25T10:00:00Z', lastTimestamp: '2026-11-25T10:00:00Z', count: 1};
			const fine = event('fine', {kind: 'Pod', name: 'p', namespace}, {...times, source: {component: 'test'}});
			t.is((await client.call('POST', path, {body: fine})).status, 201);
			const {status, json} = await client.call('POST', path, {
				body: event('other', {kind: 'Pod', name: 'p', namespace: 'default'}),
			});
			t.is(status, 422);
			t.regex(json.message, /involvedObject\.namespace: Invalid value: "default": does not match event\.namespace$/);
		},
	},
	{
		title: 'an event of the newer kind has a time of six digits, and says who reports it and what was done',
		async run(t, {client, namespace}) {
			const path = paths.events(namespace);
			const about = {kind: 'Pod', name: 'p', namespace};
			const short = await client.call('POST', path, {body: event('short', about, {eventTime: '2026-11-25T10:00:00.123Z'})});
			t.is(short.status, 400);
			t.regex(short.json.message, /^Event in version "v1" cannot be handled as a Event: parsing time "2026-11-25T10:00:00.123Z"/);
			const eventTime = '2026-11-25T10:00:00.123000Z';
			const anonymous = await client.call('POST', path, {body: event('anonymous', about, {eventTime})});
			t.is(anonymous.status, 422);
			t.regex(
				anonymous.json.message,
				/reportingComponent: Required value.*reportingInstance: Required value, action: Required value/,
			);
			const fields = {eventTime, reportingComponent: 'cni-upgrade.test/suite', reportingInstance: 'one', action: 'Testing'};
			t.is((await client.call('POST', path, {body: event('whole', about, fields)})).status, 201);
		},
	},
];
