import {parseAllDocuments} from 'yaml';
import type {Rule} from '../embedded/users.ts';
import {cli} from './run-cli.ts';

/** The rules that `rbac COMMAND` prints, each with one verb and one resource, and where they hold. */
export async function printedRules(argv: readonly string[] = [], command = 'preflight'): Promise<readonly Rule[]> {
	const {stdout} = await cli(['rbac', command, ...argv]);
	return parseAllDocuments(stdout).flatMap(document => {
		const {kind, metadata, rules = []} = document.toJS() as {kind: string; metadata: {namespace?: string}; rules?: Rule[]};
		return rules.flatMap(({apiGroups = [], resources, verbs}) =>
			resources.flatMap(resource =>
				verbs.map(verb => ({
					apiGroups,
					resources: [resource],
					verbs: [verb],
					...(kind === 'Role' && {namespaces: [metadata.namespace ?? '']}),
				})),
			),
		);
	});
}
