import type {Api} from '../cluster/api.ts';
import {parseAnswer} from '../facts/answer.ts';
import {isUnknown} from '../facts/unknown.ts';
import {notTheNode} from '../transport/same-node.ts';
import type {SshNode} from './ssh-place.ts';

/** Why an answer that came by SSH is not the node's, or undefined where it is. */
export async function otherMachine(api: Api, node: SshNode, records: string, signal: AbortSignal): Promise<string | undefined> {
	const {hostname, bootId} = parseAnswer(records).host;
	const seen = {
		hostname: isUnknown(hostname) ? undefined : hostname,
		bootId: isUnknown(bootId) ? undefined : bootId.trim(),
	};
	return notTheNode(api, node, seen, signal);
}
