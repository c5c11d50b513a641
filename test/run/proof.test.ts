import test from 'ava';
import {type ProofId, type ProofItem, type Verdict, verdictOf} from '../../lib/run/proof/proof.ts';
import {isInside} from '../../lib/run/proof/range.ts';

const item = (id: ProofId, result: ProofItem['result']): ProofItem => ({id, result, detail: ''});

const verdicts: readonly (readonly [string, readonly ProofItem[], boolean, Verdict])[] = [
	['everything was seen', [item('address', 'yes'), item('deleted', 'yes')], false, 'proved'],
	[
		'what could not be tried is said and proves nothing against it',
		[item('address', 'yes'), item('dns', 'skipped')],
		false,
		'proved',
	],
	['no address, and nobody says why', [item('address', 'no')], false, 'not-proved'],
	['no address, in the words of the network', [item('address', 'no')], true, 'disproved'],
	['it does not go, in the words of the network', [item('address', 'yes'), item('deleted', 'no')], true, 'disproved'],
	['names are not resolved: that may have other causes', [item('address', 'yes'), item('dns', 'no')], true, 'not-proved'],
	['a lease was left', [item('deleted', 'yes'), item('released', 'no')], false, 'not-proved'],
];

for (const [title, items, isNetworksOwn, verdict] of verdicts) {
	test(`${title}: ${verdict}`, t => {
		t.is(verdictOf(items, isNetworksOwn), verdict);
	});
}

const ranges: readonly (readonly [string, readonly string[], ProofItem['result']])[] = [
	['10.244.3.7', ['10.244.3.0/24'], 'yes'],
	['10.244.4.7', ['10.244.3.0/24'], 'no'],
	['fd00:1::7', ['10.244.3.0/24', 'fd00:1::/64'], 'yes'],
	['fd00:2::7', ['fd00:1::/64'], 'no'],
	['10.244.3.7', [], 'skipped'],
	['10.244.3.7', ['nonsense', '10.244.3.0/99', '10.244.3.0/-1', '/24'], 'skipped'],
];

for (const [address, cidrs, result] of ranges) {
	test(`${address} in [${cidrs.join(', ')}]: ${result}`, t => {
		t.is(isInside(address, cidrs).result, result);
	});
}
