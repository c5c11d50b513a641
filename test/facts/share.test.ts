import test from 'ava';
import {shareEqual} from '../../lib/facts/share.ts';

test('equal values become one, others stay apart', t => {
	const share = shareEqual();
	const first = share({plugins: [{type: 'bridge'}]});
	t.is(share({plugins: [{type: 'bridge'}]}), first);
	t.not(share({plugins: [{type: 'ptp'}]}), first);
	t.is(share('text'), 'text');
	t.is(share(undefined), undefined);
});
