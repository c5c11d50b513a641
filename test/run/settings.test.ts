import test from 'ava';
import {assert, json, oneof, property, string} from 'fast-check';
import {packSettings, type RunSettings, unpackSettings} from '../../lib/run/settings.ts';

const settings: RunSettings = {
	drain: {
		force: true,
		ignoreDaemonSets: true,
		deleteEmptyDirData: false,
		gracePeriodSeconds: -1,
		timeout: 300_000,
		podSelector: 'app!=x',
		disableEviction: false,
		skipWaitForDeleteSeconds: 0,
		chunkSize: 500,
	},
	keepCordoned: true,
	controlPlane: false,
	wasReady: false,
	failingDaemonSets: ['kube-system/log-agent'],
	namespace: 'cni-upgrade',
	image: undefined,
	pullSecret: 'pull',
};

test('the settings of a run travel in one word that a plan may hold, and come back as they were', t => {
	const word = packSettings(settings);
	t.regex(word, /^[A-Za-z0-9_-]{1,4000}$/);
	t.deepEqual(unpackSettings(word), settings);
});

test('a word that no release of ours has written holds no settings', t => {
	for (const word of [
		undefined,
		'',
		'AAAA',
		Buffer.from('{}').toString('base64url'),
		Buffer.from('null').toString('base64url'),
	]) {
		t.is(unpackSettings(word), undefined);
	}
});

test('any word is settings or none, and never an exception', t => {
	assert(
		property(
			oneof(
				string(),
				json().map(text => Buffer.from(text).toString('base64url')),
			),
			word => {
				unpackSettings(word);
			},
		),
	);
	t.pass();
});
