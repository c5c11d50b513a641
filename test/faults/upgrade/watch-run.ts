import {Writable} from 'node:stream';
import type {Output} from '../../../lib/print/output.ts';
import type {RunEvent} from '../../../lib/run/events.ts';

/** What a run with `--log-format json` writes to stderr, told line by line as it is written. */
export function watchedStderr(onEvent: (event: RunEvent) => void): Output & {readonly text: string} {
	let text = '';
	const stream = new Writable({
		decodeStrings: false,
		write(chunk: string, _encoding, done) {
			text += chunk;
			for (const line of chunk.split('\n').filter(line => line.startsWith('{'))) {
				onEvent(JSON.parse(line) as RunEvent);
			}

			done();
		},
	});
	return Object.defineProperties(stream, {text: {get: () => text}}) as unknown as Output & {readonly text: string};
}
