import {once} from 'node:events';
import type {Output} from '../lib/print/output.ts';

/**
Writes pieces no faster than they are read, so that they do not pile up here. Ends early, without a word, where nobody reads any more: that
is for the listener of the stream's errors to judge. Rejects when the signal aborts.
*/
export async function writePieces(stream: Output, pieces: Iterable<string>, signal: AbortSignal): Promise<void> {
	const gone = new AbortController();
	const leave = () => gone.abort();
	stream.on('error', leave).on('close', leave);
	try {
		for (const piece of pieces) {
			if (gone.signal.aborted || !stream.writable) {
				return;
			}

			if (!stream.write(piece)) {
				await once(stream, 'drain', {signal: AbortSignal.any([signal, gone.signal])});
			}
		}
	} catch (error) {
		if (!gone.signal.aborted) {
			throw error;
		}
	} finally {
		stream.off('error', leave).off('close', leave);
	}
}
