import {readFileSync} from 'node:fs';
import type {Rig} from './cluster.ts';

type Entry = {
	readonly verb: string;
	readonly user: {readonly username: string};
	readonly impersonatedUser?: {readonly username: string};
	readonly objectRef?: {readonly resource: string; readonly subresource?: string; readonly namespace?: string};
};

/** A call that the API server was asked for: `VERB RESOURCE`, and the namespace where it had one. */
export type AuditedCall = {readonly words: string; readonly namespace: string | undefined};

/** Everything that this user asked of the API server, each once. */
export function auditedCalls({auditLog}: Rig, user: string): readonly AuditedCall[] {
	const calls = readFileSync(auditLog, 'utf8')
		.split('\n')
		.filter(line => line.includes(JSON.stringify(user)))
		.map(line => JSON.parse(line) as Entry)
		.filter(({impersonatedUser}) => impersonatedUser?.username === user)
		// What the test itself asked, until the role was known.
		.filter(({objectRef}) => objectRef?.resource !== 'selfsubjectaccessreviews')
		.map(({verb, objectRef}) => ({
			words: [verb, [objectRef?.resource, objectRef?.subresource].filter(Boolean).join('/')].join(' '),
			namespace: objectRef?.namespace,
		}));
	return [...new Map(calls.map(call => [JSON.stringify(call), call])).values()];
}
