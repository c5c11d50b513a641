import type {Api} from '../cluster/api.ts';
import {getBootId} from '../cluster/nodes.ts';
import {parseAnswer} from '../facts/answer.ts';
import {isUnknown} from '../facts/unknown.ts';
import type {SshNode} from './ssh-place.ts';

/**
Why an answer that came by SSH is not the node's, or undefined where it is: an address or a template may lead to another machine. The
machine's own host name settles it in nearly every case; else the boot id, which no two machines share, at the cost of one request.
*/
export async function otherMachine(api: Api, node: SshNode, records: string, signal: AbortSignal): Promise<string | undefined> {
	const {hostname, bootId} = parseAnswer(records).host;
	const names = [node.name, node.hostname ?? node.name].flatMap(name => [name, name.split('.')[0]]);
	if (!isUnknown(hostname) && names.some(name => name?.toLowerCase() === hostname.toLowerCase())) {
		return undefined;
	}

	const expected = await getBootId(api, node.name, signal);
	if (!isUnknown(bootId) && bootId.trim() === expected) {
		return undefined;
	}

	const called = isUnknown(hostname) ? 'does not say its name' : `calls itself ${hostname}`;
	return `SSH led to another machine: it ${called}, and its boot id is not the node's`;
}
