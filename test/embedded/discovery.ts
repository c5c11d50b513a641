import {resources} from './resources.ts';
import {ApiStatus} from './status.ts';

/** The release that the embedded API server says it is. */
export const serverVersion = {
	major: '1',
	minor: '34',
	gitVersion: 'v1.34.2',
	gitCommit: '8cc511e399b929453cd98ae65b419c3cc227ec79',
	gitTreeState: 'clean',
	buildDate: '2025-11-11T19:06:41Z',
	goVersion: 'go1.24.9',
	compiler: 'gc',
	platform: 'linux/amd64',
};

/** What stands at a path that is no resource: the version, health, and the discovery that kubectl reads. Throws 404. */
export function discover(path: string): unknown {
	switch (path.replace(/\/$/, '')) {
		case '/version':
			return serverVersion;
		case '/healthz':
		case '/livez':
		case '/readyz':
			return 'ok';
		case '/api':
			return {kind: 'APIVersions', versions: ['v1'], serverAddressByClientCIDRs: []};
		case '/apis':
			return {kind: 'APIGroupList', apiVersion: 'v1', groups: groups.map(({group, version}) => apiGroup(group, version))};
		case '/api/v1':
			return resourceList('', 'v1');
		default: {
			const found = groups.find(({group, version}) => path === `/apis/${group}/${version}`);
			if (found === undefined) {
				throw new ApiStatus(404, 'NotFound', 'the server could not find the requested resource');
			}

			return resourceList(found.group, found.version);
		}
	}
}

const groups = resources.filter(
	({group, version}, index) =>
		group !== '' && resources.findIndex(other => other.group === group && other.version === version) === index,
);

/** Whether a path stands below a group and version that is had. */
export function isGroupVersion(path: string): boolean {
	return path.startsWith('/api/v1/') || groups.some(({group, version}) => path.startsWith(`/apis/${group}/${version}/`));
}

/** Kinds of subresources that are not those of their resource. */
const subresourceKinds: Readonly<Record<string, {readonly group?: string; readonly version?: string; readonly kind: string}>> = {
	exec: {kind: 'PodExecOptions'},
	eviction: {group: 'policy', version: 'v1', kind: 'Eviction'},
};

function apiGroup(name: string, version: string) {
	const groupVersion = {groupVersion: `${name}/${version}`, version};
	return {name, versions: [groupVersion], preferredVersion: groupVersion};
}

function resourceList(group: string, version: string) {
	const rows = resources.filter(row => row.group === group && row.version === version);
	return {
		kind: 'APIResourceList',
		apiVersion: 'v1',
		groupVersion: group === '' ? version : `${group}/${version}`,
		resources: rows.flatMap(({resource, kind, namespaced, verbs, shortNames, subresources}) => [
			{name: resource, singularName: kind.toLowerCase(), namespaced, kind, verbs, ...(shortNames.length > 0 && {shortNames})},
			...Object.entries(subresources).map(([name, subVerbs]) => ({
				name: `${resource}/${name}`,
				singularName: '',
				namespaced,
				...(subresourceKinds[name] ?? {kind}),
				verbs: subVerbs,
			})),
		]),
	};
}
