import {spawnSync} from 'node:child_process';
import {member} from '../../../lib/facts/answer-records.ts';
import type {JsonValue} from '../../../lib/facts/node-facts.ts';
import {programs, socket} from './places.ts';

export const client = `${programs}/cri-client/cri-client`;

/** What the daemon answers to a call of the CRI; an error as its text. */
export function ask(...call: readonly string[]): {readonly json: JsonValue} | {readonly error: string} {
	const {stdout, stderr} = spawnSync(client, [socket, ...call], {encoding: 'utf8', timeout: 70_000, maxBuffer: 2 ** 26});
	try {
		const json = JSON.parse(stdout) as JsonValue;
		const error = member(json, 'error');
		return typeof error === 'string' ? {error} : {json};
	} catch {
		return {error: `cri-client: ${stderr}`};
	}
}
