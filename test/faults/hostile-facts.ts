import * as fc from 'fast-check';
import type {JsonValue, NodeFacts} from '../../lib/facts/node-facts.ts';
import {hostileText} from '../print/hostile-text.ts';

/** Text that rules know, so that they have something to say, or whatever a node likes to write, or both in one. */
function textLike(...known: readonly string[]): fc.Arbitrary<string> {
	return fc.oneof(
		fc.constantFrom(...known),
		hostileText,
		fc.tuple(fc.constantFrom(...known), hostileText).map(parts => parts.join('')),
	);
}

const text = textLike('x');
const version = textLike('0.4.0', '1.0.0', '1.1.0', '');
const type = textLike('bridge', 'portmap', 'calico', 'flannel', 'multus', 'loopback', '__proto__', '$(touch x)', '../x');
const count = fc.nat(3000);
const known = <T>(value: fc.Arbitrary<T>) =>
	fc.oneof({weight: 4, arbitrary: value}, {weight: 1, arbitrary: fc.record({unknown: text})});
const few = <T>(value: fc.Arbitrary<T>) => fc.array(value, {maxLength: 3});

const plugin = fc.record(
	{type, name: text, ipam: fc.record({type}), delegates: fc.constant([]), delegate: fc.jsonValue()},
	{requiredKeys: ['type']},
);
const config = fc.record({cniVersion: version, name: text, plugins: few(plugin)}, {requiredKeys: ['plugins']});
const json = fc.oneof(config, plugin, fc.jsonValue()) as fc.Arbitrary<JsonValue>;

/** Facts of the right shape, with whatever a node could put into each of its fields. */
export const hostileFacts: fc.Arbitrary<NodeFacts> = fc.record({
	apiVersion: fc.constant('cni-upgrade/v1' as const),
	kind: fc.constant('NodeFacts' as const),
	via: fc.constantFrom('api' as const, 'pod' as const),
	collectedAt: fc.constant('2026-01-01T00:00:00.000Z'),
	node: fc.record({
		name: text,
		uid: known(text),
		os: known(textLike('linux', 'windows')),
		arch: known(textLike('amd64')),
		osImage: known(textLike('Debian GNU/Linux 12 (bookworm)', 'Talos (v1.8.0)')),
		kernel: known(text),
		kubeletVersion: known(textLike('v1.24.1', 'v1.34.2')),
		newestKubelet: known(textLike('v1.34.2', 'v1.30.0')),
		ready: known(fc.record({status: fc.constantFrom('True' as const, 'False' as const, 'Unknown' as const), message: text})),
		cordoned: known(fc.boolean()),
		provider: known(textLike('none', 'eks', 'talos', 'k3s')),
	}),
	runtime: fc.record({
		name: known(textLike('containerd', 'cri-o', 'docker')),
		version: known(textLike('1.6.2', '1.7.24', '2.0.0', '1.34.1')),
		source: known(fc.constantFrom('runtime' as const, 'files' as const, 'defaults' as const)),
		confDirs: known(few(textLike('/etc/cni/net.d'))),
		binDirs: known(few(textLike('/opt/cni/bin'))),
		maxConfNum: known(fc.nat(2)),
		confTemplate: known(text),
		internalLoopback: known(fc.boolean()),
		defaultNetwork: known(textLike('', 'x')),
		networkReady: known(fc.record({ready: fc.boolean(), message: text})),
		lastLoadStatus: known(textLike('OK')),
		networks: known(few(fc.record({name: text, cniVersion: version, types: few(type)}))),
	}),
	configFiles: known(
		few(
			fc.record(
				{
					path: textLike('/etc/cni/net.d/10-x.conflist', '/etc/cni/net.d/20-x.conf', '/etc/cni/net.d/10-x.conflist.bak'),
					entry: fc.constantFrom('file' as const, 'symlink' as const, 'directory' as const, 'other' as const),
					mode: known(textLike('0644', '0666')),
					size: known(count),
					sha256: known(text),
					content: known(fc.oneof(fc.record({json}), fc.record({invalid: text}))),
				},
				{requiredKeys: ['path', 'entry', 'mode', 'size', 'sha256']},
			),
		),
	),
	plugins: known(
		few(
			fc.record({
				type,
				path: known(fc.oneof(fc.constant(null), textLike('/opt/cni/bin/bridge'))),
				elsewhere: few(text),
				kind: known(fc.constantFrom('elf' as const, 'foreign-elf' as const, 'script' as const, 'other' as const)),
				executable: known(fc.boolean()),
				sha256: known(text),
				supportedVersions: known(few(version)),
				release: known(textLike('v0.8.7', 'v1.6.2')),
				package: known(fc.oneof(fc.constant(null), text)),
			}),
		),
	),
	sandboxes: known(
		fc.record({total: known(count), notReady: few(fc.record({id: text, namespace: text, name: text, createdAt: text}))}),
	),
	journal: known(
		fc.record({
			incompatible: fc.record({count, last: fc.oneof(fc.constant(null), text)}),
			emptyVersion: fc.record({count, last: fc.oneof(fc.constant(null), text)}),
		}),
	),
	leases: known(few(fc.record({network: text, leases: count, orphans: known(count)}))),
});
