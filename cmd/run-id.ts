import {randomInt} from 'node:crypto';

const letters = 'abcdefghijklmnopqrstuvwxyz0123456789';

/** Ten characters of [a-z0-9] that no other run has: a part of names and label values. */
export function newRunId(): string {
	return Array.from({length: 10}, () => letters[randomInt(letters.length)]).join('');
}
