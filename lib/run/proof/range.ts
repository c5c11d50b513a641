import {BlockList, isIPv4, isIPv6} from 'node:net';
import type {ProofItem} from './proof.ts';

/** Whether an address is in one of the node's ranges, such as `10.244.3.0/24`. */
export function isInside(address: string, ranges: readonly string[]): ProofItem {
	const list = new BlockList();
	const usable = ranges.filter(range => add(list, range));
	if (usable.length === 0) {
		return {
			id: 'range',
			result: 'skipped',
			detail: 'not compared: the API knows no range of this node, or its network add-on may give addresses of its own',
		};
	}

	const isIn = list.check(address, isIPv6(address) ? 'ipv6' : 'ipv4');
	return {id: 'range', result: isIn ? 'yes' : 'no', detail: `${address} ${isIn ? 'is' : 'is not'} in ${usable.join(', ')}`};
}

function add(list: BlockList, range: string): boolean {
	const [address = '', bits = ''] = range.split('/');
	const family = isIPv4(address) ? 'ipv4' : isIPv6(address) ? 'ipv6' : undefined;
	const length = Number(bits);
	if (family === undefined || !/^\d{1,3}$/.test(bits) || length > (family === 'ipv4' ? 32 : 128)) {
		return false;
	}

	list.addSubnet(address, length, family);
	return true;
}
