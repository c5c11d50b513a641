import type {JsonValue} from '../facts/node-facts.ts';
import type {Known} from '../facts/unknown.ts';

/**
The supported versions in what a plugin wrote to standard output for VERSION, decoded as libcni does: its answer, or the error
`unknown CNI_COMMAND: VERSION` with which plugins older than spec 0.2.0 answer.
*/
export function parseVersionAnswer(answer: JsonValue): Known<readonly string[]> {
	throw new Error(`not yet: ${JSON.stringify(answer)}`);
}
