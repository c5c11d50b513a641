/** One resource that the embedded API server has. Whatever has no row here is answered with 404. */
export type Resource = {
	readonly group: string;
	readonly version: string;
	readonly resource: string;
	readonly kind: string;
	readonly namespaced: boolean;
	readonly shortNames: readonly string[];
	readonly verbs: readonly Verb[];
	/** Subresources with the verbs that they have; a real one that has no entry is answered with 501. */
	readonly subresources: Readonly<Record<string, readonly Verb[]>>;
	/** The media types besides plain JSON that it can be had as. */
	readonly shapes: readonly ('table' | 'metadata')[];
	/** A PUT may leave the resourceVersion out (`AllowUnconditionalUpdate` of its strategy). */
	readonly unconditionalUpdate?: true;
	/** A PUT of one that is not there makes it (`AllowCreateOnUpdate`). */
	readonly createOnUpdate?: true;
};

export type Verb = 'get' | 'list' | 'watch' | 'create' | 'update' | 'patch' | 'delete' | 'deletecollection';

const everyVerb: readonly Verb[] = ['get', 'list', 'watch', 'create', 'update', 'patch', 'delete', 'deletecollection'];

export const resources: readonly Resource[] = [
	{
		group: '',
		version: 'v1',
		resource: 'nodes',
		kind: 'Node',
		namespaced: false,
		shortNames: ['no'],
		verbs: ['get', 'list', 'watch', 'update', 'patch'],
		subresources: {},
		shapes: ['table', 'metadata'],
		unconditionalUpdate: true,
	},
	{
		group: '',
		version: 'v1',
		resource: 'namespaces',
		kind: 'Namespace',
		namespaced: false,
		shortNames: ['ns'],
		verbs: ['get', 'list', 'watch', 'create', 'update', 'patch', 'delete'],
		subresources: {},
		shapes: ['metadata'],
		unconditionalUpdate: true,
	},
	{
		group: '',
		version: 'v1',
		resource: 'pods',
		kind: 'Pod',
		namespaced: true,
		shortNames: ['po'],
		verbs: everyVerb,
		subresources: {log: ['get'], exec: ['get', 'create'], eviction: ['create'], status: ['get', 'update', 'patch']},
		shapes: ['metadata'],
		unconditionalUpdate: true,
	},
	{
		group: '',
		version: 'v1',
		resource: 'configmaps',
		kind: 'ConfigMap',
		namespaced: true,
		shortNames: ['cm'],
		verbs: everyVerb,
		subresources: {},
		shapes: ['metadata'],
		unconditionalUpdate: true,
	},
	{
		group: '',
		version: 'v1',
		resource: 'events',
		kind: 'Event',
		namespaced: true,
		shortNames: ['ev'],
		verbs: everyVerb,
		subresources: {},
		shapes: ['metadata'],
		unconditionalUpdate: true,
		createOnUpdate: true,
	},
	// Objects only: nothing is reached by them.
	{
		group: '',
		version: 'v1',
		resource: 'services',
		kind: 'Service',
		namespaced: true,
		shortNames: ['svc'],
		verbs: ['get', 'list', 'watch'],
		subresources: {},
		shapes: ['metadata'],
	},
	// No controller makes pods of these: a test puts them there together with their pods.
	{
		group: 'apps',
		version: 'v1',
		resource: 'replicasets',
		kind: 'ReplicaSet',
		namespaced: true,
		shortNames: ['rs'],
		verbs: ['get', 'list', 'watch'],
		subresources: {},
		shapes: ['metadata'],
	},
	{
		group: 'apps',
		version: 'v1',
		resource: 'daemonsets',
		kind: 'DaemonSet',
		namespaced: true,
		shortNames: ['ds'],
		verbs: ['get', 'list', 'watch'],
		subresources: {},
		shapes: ['metadata'],
	},
	{
		group: 'coordination.k8s.io',
		version: 'v1',
		resource: 'leases',
		kind: 'Lease',
		namespaced: true,
		shortNames: [],
		verbs: everyVerb,
		subresources: {},
		shapes: ['metadata'],
		createOnUpdate: true,
	},
	{
		group: 'policy',
		version: 'v1',
		resource: 'poddisruptionbudgets',
		kind: 'PodDisruptionBudget',
		namespaced: true,
		shortNames: ['pdb'],
		verbs: everyVerb,
		subresources: {status: ['get']},
		shapes: ['metadata'],
	},
	{
		group: 'authorization.k8s.io',
		version: 'v1',
		resource: 'selfsubjectaccessreviews',
		kind: 'SelfSubjectAccessReview',
		namespaced: false,
		shortNames: [],
		verbs: ['create'],
		subresources: {},
		shapes: [],
	},
	{
		group: 'authorization.k8s.io',
		version: 'v1',
		resource: 'selfsubjectrulesreviews',
		kind: 'SelfSubjectRulesReview',
		namespaced: false,
		shortNames: [],
		verbs: ['create'],
		subresources: {},
		shapes: [],
	},
];

/** The resource of that name; `group` and `version` as they stand in the path. */
export function findResource(group: string, version: string, resource: string): Resource | undefined {
	return resources.find(row => row.group === group && row.version === version && row.resource === resource);
}

/** The row of a resource that is known to be there, by its plural name. */
export function resourceRow(resource: string): Resource {
	const row = resources.find(row => row.resource === resource);
	if (row === undefined) {
		throw new Error(`no row for ${resource} in resources.ts`);
	}

	return row;
}
