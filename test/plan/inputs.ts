import {specVersionsOf} from '../../lib/cni/reference-releases.ts';
import type {NodeFacts} from '../../lib/facts/node-facts.ts';
import {wantedEdits} from '../../lib/plan/config-decisions.ts';
import type {PlanInput} from '../../lib/plan/input.ts';
import type {ConfigEdit, HostFacts} from '../../lib/plan/node-answers.ts';
import type {Plan} from '../../lib/plan/plan.ts';
import {planUpgrade} from '../../lib/plan/planner.ts';
import type {UpgradeRequest} from '../../lib/plan/request.ts';
import type {ReleaseArchive} from '../../lib/release/archive.ts';
import {facts as nodeFacts} from '../check/healthy-facts.ts';

export const types = ['bandwidth', 'bridge', 'firewall', 'host-local', 'loopback', 'portmap', 'ptp', 'vrf'];

/** An archive as lib/release reads it, of these plugins. */
export function archiveOf(release: string, {names = types, arch = 'amd64'} = {}): ReleaseArchive {
	const hash = (text: string) => Buffer.from(text.padEnd(32, '.')).toString('hex').slice(0, 64);
	return {
		name: `cni-plugins-linux-${arch}-${release}.tgz`,
		sha256: hash(release),
		size: 40 * 2 ** 20,
		release,
		arch,
		members: names.map(name => ({name, path: `./${name}`, size: 4 * 2 ** 20, sha256: hash(`${name} ${release}`)})),
		supportedVersions: Object.fromEntries(names.map(name => [name, specVersionsOf(name, release)])),
	};
}

export const host: HostFacts = {systemd: true, crictl: '/usr/bin/crictl'};

export function request(overrides: Partial<UpgradeRequest> = {}): UpgradeRequest {
	return {
		run: 'abcdefghij',
		packages: [],
		packageFiles: [],
		kubeadm: false,
		hooks: {},
		allowControlPlane: false,
		keepCordoned: false,
		deadline: 600,
		...overrides,
	};
}

export type InputOverrides = Partial<Omit<PlanInput, 'request' | 'host'>> & {
	readonly request?: Partial<UpgradeRequest>;
	readonly host?: Partial<HostFacts>;
};

/** What the node answers to `edit` where nothing speaks against it. */
export function editOf({path, version}: {readonly path: string; readonly version: string}): ConfigEdit {
	return {
		path,
		version,
		oldSha256: 'a'.repeat(64),
		newSha256: 'c'.repeat(64),
		line: 2,
		way: 'replace',
		oldToken: '"0.4.0"',
		newToken: `"${version}"`,
		indent: '',
	};
}

/** An input with the answers that the node would give to what the planner asks. */
export function inputOf(overrides: InputOverrides = {}): PlanInput {
	const {request: asked, host: seen, archive, ...rest} = overrides;
	const input: PlanInput = {
		facts: nodeFacts(),
		controlPlane: false,
		edits: [],
		archive,
		...rest,
		request: request({...(archive !== undefined && {plugins: 'archive'}), ...asked}),
		host: {...host, ...seen},
	};
	return rest.edits === undefined ? {...input, edits: wantedEdits(input).map(editOf)} : input;
}

export function planOf(overrides: InputOverrides = {}): Plan {
	return planUpgrade(inputOf(overrides));
}

/** The ids of the section, which the node carries out by itself. */
export function sectionOf({steps}: Plan): readonly string[] {
	return steps.filter(({on}) => on === 'node').map(({id}) => id);
}

/** Facts whose plugins are all of one release. */
export function pluginsOf(release: string, facts: NodeFacts): NodeFacts['plugins'] {
	return 'unknown' in facts.plugins
		? facts.plugins
		: facts.plugins.map(plugin => ({
				...plugin,
				release,
				supportedVersions: specVersionsOf(plugin.type, release) ?? [],
			}));
}
