import {type JournalLine, parseJournal} from '../plan/journal.ts';
import type {ActAnswer} from './agent.ts';

/** All lines of a journal of which an answer holds the first: as long as it says that there are more, these are asked for. */
export async function wholeJournal(
	first: ActAnswer,
	askFrom: (number: string) => Promise<ActAnswer>,
): Promise<readonly JournalLine[]> {
	const lines = [...first.lines('journal')];
	let asked = 1;
	for (let next = moreOf(first); next > asked; ) {
		asked = next;
		const answer = await askFrom(String(asked));
		lines.push(...answer.lines('journal'));
		next = moreOf(answer);
	}

	return parseJournal(lines);
}

/** The number of the first line that the answer had no room for; 0 where it had. */
function moreOf(answer: ActAnswer): number {
	const number = answer.of('more')[0]?.[0] ?? '';
	return /^\d{1,6}$/.test(number) ? Number(number) : 0;
}
