import {Buffer} from 'node:buffer';
import {gunzipSync} from 'node:zlib';
import {messageOf} from '../errors.ts';
import {checksum} from './checksum.ts';

/** `in-log`: the answer was too long for the termination message and stands in the pod's log. `damaged`: a whole phrase that says why. */
export type FrameResult =
	| {readonly kind: 'answer'; readonly records: string}
	| {readonly kind: 'in-log'}
	| {readonly kind: 'damaged'; readonly reason: string};

/** Bytes between the two lines, and bytes after inflating. collect.sh keeps below both. */
const maxWire = 64 * 1024;
const maxRecords = 256 * 1024;

/**
Finds the node's answer in whatever came over the wire: a BEGIN line, the payload, and an END line with frame version, run, node uid,
encoding, payload length and the POSIX checksum of all of these and the payload. Everything around them is noise. Never throws.
*/
export function readFrame(text: string, expected: {readonly run: string; readonly uid: string}): FrameResult {
	const lines = text.split('\n').map(line => (line.endsWith('\r') ? line.slice(0, -1) : line));
	const begin = lines.lastIndexOf(`#cni-upgrade BEGIN ${expected.run}`);
	if (begin === -1) {
		return damaged(
			text === ''
				? 'it is empty'
				: lines.some(line => line.startsWith('#cni-upgrade BEGIN '))
					? 'it belongs to another run'
					: 'its first line is missing',
		);
	}

	const end = lines.findIndex((line, index) => index > begin && line.startsWith('#cni-upgrade END '));
	const trailer = lines[end];
	if (trailer === undefined) {
		return damaged('it was cut: its last line is missing');
	}

	const [, , version, run, uid, encoding = '', length, crc, ...more] = trailer.split(' ');
	if (version !== '1') {
		return damaged('its format is of another release');
	}

	if (crc === undefined || more.length > 0) {
		return damaged('its last line is malformed');
	}

	if (run !== expected.run) {
		return damaged('it belongs to another run');
	}

	if (uid !== expected.uid) {
		return damaged('it was made for another node');
	}

	const payload = lines
		.slice(begin + 1, end)
		.map(line => `${line}\n`)
		.join('');
	if (payload.length > maxWire) {
		return damaged(`it is longer than ${maxWire} bytes`);
	}

	if (String(payload.length) !== length) {
		return damaged(`its length is wrong: ${payload.length} bytes came, not the ${shown(length)} that were sent`);
	}

	if (String(checksum(Buffer.from(`1 ${run} ${uid} ${encoding} ${length}\n${payload}`))) !== crc) {
		return damaged('its checksum is wrong');
	}

	return decoded(payload, encoding);
}

function decoded(payload: string, encoding: string): FrameResult {
	switch (encoding) {
		case 'in-log': {
			return {kind: 'in-log'};
		}

		case 'plain': {
			return {kind: 'answer', records: payload};
		}

		case 'gzip+base64': {
			try {
				const records = gunzipSync(Buffer.from(payload, 'base64'), {maxOutputLength: maxRecords});
				return {kind: 'answer', records: records.toString('latin1')};
			} catch (error) {
				return damaged(
					error instanceof RangeError
						? `it inflates to more than ${maxRecords} bytes`
						: `it cannot be inflated: ${messageOf(error)}`,
				);
			}
		}

		default: {
			return damaged('its encoding is not known');
		}
	}
}

function damaged(reason: string): FrameResult {
	return {kind: 'damaged', reason};
}

/** A number from the wire, for a message. */
function shown(field: string | undefined): string {
	return field !== undefined && /^\d{1,9}$/.test(field) ? field : 'unreadable number';
}
