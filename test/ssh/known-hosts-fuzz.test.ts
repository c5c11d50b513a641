import test from 'ava';
import * as fc from 'fast-check';
import {decideHostKey, type HostKeyDecision, knownKeyTypes} from '../../lib/ssh/known-hosts/known-hosts.ts';
import {fuzzRuns} from '../fuzz-runs.ts';
import {blobOf, recordedKeys as keys} from './keys.ts';
import {knownHostsText} from './known-hosts-text.ts';

const {numRuns} = fuzzRuns(2000);

test('whatever the files say, the decision is borne out by them', t => {
	// A long run is one test.
	t.timeout(3_600_000);
	const counts = {known: 0, unknown: 0, changed: 0, revoked: 0};
	fc.assert(
		fc.property(knownHostsText, knownHostsText, fc.constantFrom(22, 2222), (user, global, port) => {
			const files = [
				{path: 'user', text: user},
				{path: 'global', text: global},
			];
			const host = {name: 'node-1.example', port};
			const decision = decideHostKey(files, host, blobOf(keys.ed25519));
			counts[decision.kind] += 1;
			return decision.kind === 'unknown' ? knownKeyTypes(files, host).length === 0 : isBorneOut(decision, {user, global});
		}),
		{numRuns},
	);
	t.log(JSON.stringify(counts));
	// A generator that never gets near would prove nothing.
	t.true(Object.values(counts).every(count => count > 0));
});

function isBorneOut(decision: HostKeyDecision, texts: Readonly<Record<string, string>>): boolean {
	const base64 = keys.ed25519.split(' ')[1] ?? '';
	const isIn = (text: string) => text.replaceAll(/[\r\v\f]/g, '').includes(base64);
	if (decision.kind === 'known' || decision.kind === 'unknown') {
		return Object.values(texts).some(isIn);
	}

	const line = texts[decision.file]?.split('\n')[decision.line - 1]?.trimStart() ?? '';
	return decision.kind === 'changed'
		? /^[^@#]/.test(line) && line.includes(decision.keyType)
		: line.startsWith('@revoked') && (isIn(line) || line.includes('-cert-v01@openssh.com'));
}
