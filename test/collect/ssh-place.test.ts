import test from 'ava';
import {type SshNode, type SshPlaces, sshPlaceOf} from '../../lib/collect/ssh-place.ts';

const row: SshNode = {name: 'worker-1', internalIP: '10.0.0.7', externalIP: '<none>', hostname: 'worker-1.internal'};

const leads = test.macro((t, changes: {places?: Partial<SshPlaces>; row?: Partial<SshNode>}, expected: string | RegExp) => {
	const place = sshPlaceOf(
		{...row, ...changes.row},
		{template: undefined, address: undefined, isConfigured: () => false, ...changes.places},
	);
	if (typeof expected === 'string') {
		t.deepEqual(place, {host: expected});
	} else {
		t.regex('unknown' in place ? place.unknown : place.host, expected);
		t.true('unknown' in place);
	}
});

test('without a word it is the internal address', leads, {}, '10.0.0.7');
test('a name that ssh_config has is taken as it is', leads, {places: {isConfigured: name => name === 'worker-1'}}, 'worker-1');
test('a template stands above ssh_config', leads, {places: {template: '{name}.lan', isConfigured: () => true}}, 'worker-1.lan');
test('a template may hold the address', leads, {places: {template: 'ip-{address}', address: 'InternalIP'}}, 'ip-10.0.0.7');
test('an address that was asked for and is not there', leads, {places: {address: 'ExternalIP'}}, /no ExternalIP/);
test('the host name of the node', leads, {places: {address: 'Hostname'}}, 'worker-1.internal');
test(
	'the external address where there is no internal one',
	leads,
	{row: {internalIP: '<none>', externalIP: '192.0.2.9'}},
	'192.0.2.9',
);
test('IPv6', leads, {row: {internalIP: 'fd00::7'}}, 'fd00::7');
test('no address at all', leads, {row: {internalIP: '', externalIP: '', hostname: undefined}}, /has no address/);
test('a flag in an address', leads, {row: {internalIP: '-oProxyCommand=reboot'}}, /is no host/);
test('a token in an address', leads, {row: {internalIP: '%h'}}, /is no host/);
test('a space in a name', leads, {row: {name: 'a b'}, places: {template: '{name}'}}, /is no host/);
