import {type Access, mayI, requireAccess} from '../cluster/access.ts';
import type {Api} from '../cluster/api.ts';
import {exitCode, UserError} from '../errors.ts';
import type {RunSettings} from './settings.ts';

/** What a run does in the whole cluster. */
const inCluster: readonly Access[] = [
	{verb: 'get', resource: 'nodes'},
	{verb: 'list', resource: 'nodes'},
	{verb: 'patch', resource: 'nodes'},
	{verb: 'watch', resource: 'nodes'},
	{verb: 'get', resource: 'pods'},
	{verb: 'list', resource: 'pods'},
	{verb: 'watch', resource: 'pods'},
	{verb: 'create', resource: 'pods', subresource: 'eviction'},
	{verb: 'get', group: 'apps', resource: 'daemonsets'},
];

const ours: readonly Omit<Access, 'namespace'>[] = [
	{verb: 'create', resource: 'pods'},
	{verb: 'get', resource: 'pods'},
	{verb: 'delete', resource: 'pods'},
	{verb: 'get', resource: 'pods', subresource: 'exec'},
	{verb: 'create', resource: 'pods', subresource: 'exec'},
];

const leases: readonly Omit<Access, 'namespace'>[] = ['get', 'create', 'update', 'delete'].map(verb => ({
	verb,
	group: 'coordination.k8s.io',
	resource: 'leases',
}));

/** Asks for every right that a run needs before it begins, so that it never stops for one half way. Those that only tell more are not among them. */
export async function requireRights(
	api: Api,
	{namespace, drain}: Pick<RunSettings, 'namespace'> & {readonly drain: Pick<RunSettings['drain'], 'disableEviction'>},
	signal: AbortSignal,
): Promise<void> {
	const wanted: readonly Access[] = drain.disableEviction ? [...inCluster, {verb: 'delete', resource: 'pods'}] : inCluster;
	const answers = await Promise.all(wanted.map(async access => ({access, ...(await mayI(api, access, signal))})));
	const missing = answers.filter(({allowed}) => !allowed).map(({access}) => access);
	if (missing.length > 0) {
		const each = (words: (access: Access) => string) => missing.map(words).join(' and ');
		throw new UserError(
			`the user of this context may not ${each(({verb, ...rest}) => `${verb} ${nameOf(rest)}`)} in the whole cluster`,
			{
				exitCode: exitCode.blocked,
				remedy: `Needs: ${each(({verb, ...rest}) => `verb ${verb} on resource ${nameOf(rest)}`)} in the whole cluster. The least role: kubectl cni-upgrade rbac node`,
			},
		);
	}

	await requireAccess(api, namespace, ours, signal, 'node');
	await requireAccess(api, 'kube-node-lease', leases, signal, 'node');
}

function nameOf({resource, subresource}: Omit<Access, 'verb'>): string {
	return subresource === undefined ? resource : `${resource}/${subresource}`;
}
