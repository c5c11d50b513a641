import test from 'ava';
import {runChecks} from '../../lib/check/run-checks.ts';
import type {JsonValue, NodeFacts} from '../../lib/facts/node-facts.ts';
import {crioFacts, facts, plugin, upTo100, upTo110} from './healthy-facts.ts';

/** Sentences that the truth table corrected; test/truth/rules.test.ts holds all of them against what happened. */
const says = test.macro({
	title: (_, what: string) => `what becomes of pods: ${what}`,
	exec(t, _what: string, given: NodeFacts, check: string, said: RegExp, not?: RegExp) {
		const effect = runChecks(given).find(finding => finding.check === check)?.effect ?? '';
		t.regex(effect, said);
		if (not !== undefined) {
			t.notRegex(effect, not);
		}
	},
});

const bridge = {type: 'bridge', ipam: {type: 'host-local'}};
const config = (cniVersion: string | undefined, ...more: readonly string[]): JsonValue => ({
	...(cniVersion !== undefined && {cniVersion}),
	name: 'mynet',
	plugins: [bridge, ...more.map(type => ({type}))],
});
const containerd = (version: string) => ({name: 'containerd', version}) as const;
const good = ['bridge', 'host-local', 'loopback'].map(type => plugin(type));
const firewall = plugin('firewall', {supportedVersions: ['0.4.0', '1.0.0']});
const absent = (type: string) => plugin(type, {path: null});

test(
	says,
	'what the first plugin set up stays where a later one refuses',
	facts({config: config('0.3.1', 'firewall'), plugins: [...good, firewall], runtime: containerd('1.7.28')}),
	'plugin-supports-config',
	/Each try leaves behind what the plugins before it set up, an address among it\. The node stays Ready all the while\.$/,
);
test(
	says,
	'nothing is set up where the first plugin refuses',
	facts({config: config('1.1.0', 'firewall'), plugins: [...good, firewall], runtime: containerd('1.7.28')}),
	'plugin-supports-config',
	/DEL fails the same way\)\. The node stays Ready/,
	/Each try/,
);
test(
	says,
	'a later plugin that is absent',
	facts({config: config('1.0.0', 'portmap'), plugins: [...good, absent('portmap')]}),
	'plugin-present',
	/Each try leaves behind/,
);
test(
	says,
	'STATUS makes the node NotReady, from 1.1.0 on with containerd 2.0.1',
	facts({config: config('1.1.0'), plugins: good, runtime: containerd('2.0.1')}),
	'plugin-supports-config',
	/STATUS fails too, so that the node is NotReady\.$/,
	/stays Ready/,
);
test(
	says,
	'a number beyond every version is asked for STATUS too',
	facts({config: config('9.9.9'), plugins: good, runtime: containerd('2.2.1')}),
	'spec-version-valid',
	/STATUS fails too/,
);
test(
	says,
	'containerd 2.0.0 does not ask for STATUS',
	facts({config: config('1.1.0'), plugins: good, runtime: containerd('2.0.0')}),
	'plugin-supports-config',
	/stays Ready/,
);
test(
	says,
	'without a version pods do not start where a plugin lacks 0.1.0, also where DEL fails',
	facts({config: config(undefined, 'firewall'), plugins: [...good, firewall], runtime: containerd('1.6.2')}),
	'spec-version-set',
	/^Pods that run cannot be torn down: DEL fails with: invalid version "": the version is empty\./,
	/start/,
);
test(
	says,
	'DEL fails in its own way where there is no version',
	facts({config: config(undefined, 'firewall'), plugins: [...good, firewall], runtime: containerd('1.6.2')}),
	'plugin-supports-config',
	/\(DEL fails with: invalid version "": the version is empty\)\./,
	/same way/,
);
test(
	says,
	'CRI-O looks at no ipam before it takes a config',
	crioFacts('1.30.1', {config: config('1.0.0'), plugins: [plugin('bridge'), absent('host-local')]}),
	'plugin-present',
	/^New pods stay in ContainerCreating \(ADD fails: failed to find plugin "host-local"/,
	/leaves this file out/,
);
test(
	says,
	'CRI-O leaves a file out where a plugin of the chain refuses it',
	crioFacts('1.17.5', {config: config('1.0.0'), plugins: good.map(each => ({...each, supportedVersions: ['0.4.0']}))}),
	'plugin-supports-config',
	/leaves this file out/,
);
test(
	says,
	'containerd from 1.4.13 on undoes what it could not read',
	facts({config: config('1.0.0'), plugins: good, runtime: containerd('1.4.13')}),
	'runtime-reads-version',
	/containerd takes the network down again\.$/,
);
test(
	says,
	'containerd 1.3 may not',
	facts({config: config('1.0.0'), plugins: good, runtime: containerd('1.3.10')}),
	'runtime-reads-version',
	/Each try may cost an address\.$/,
);
test(
	says,
	'CRI-O 1.23.0 misreads results without a version too',
	crioFacts('1.23.0', {config: config('1.0.0'), plugins: good.map(each => ({...each, supportedVersions: upTo110}))}),
	'runtime-meets-floor',
	/as Weave Net's, is misread, and its pods fail\.$/,
);
test(
	says,
	'CRI-O 1.22 does not misread them',
	crioFacts('1.22.5', {config: config('0.4.0'), plugins: good.map(each => ({...each, supportedVersions: upTo100}))}),
	'runtime-meets-floor',
	/reads results up to spec 0\.4\.0\.$/,
);
