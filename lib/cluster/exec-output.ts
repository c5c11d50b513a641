import {ExecError, type ExecPlace, execErrorOf} from './exec-errors.ts';
import {asList, asText, field} from './json.ts';

export type ExecOutcome = {
	readonly code: number;
	readonly stdout: Buffer;
	/** The first 16 KiB. */
	readonly stderr: string;
};

/** The first byte of a message from the server. */
const channels = {stdout: 1, stderr: 2, status: 3} as const;

const mostStderr = 16 * 1024;

/** What a command wrote, as far as it was asked for, and how it ended. */
export class ExecOutput {
	readonly #place: ExecPlace;
	readonly #maxBytes: number;
	readonly #stdout: Buffer[] = [];
	readonly #stderr: Buffer[] = [];
	#stdoutBytes = 0;
	#stderrBytes = 0;

	constructor({maxBytes, ...place}: ExecPlace & {readonly maxBytes: number}) {
		this.#maxBytes = maxBytes;
		this.#place = {namespace: place.namespace, pod: place.pod};
	}

	/** Takes one message; the outcome, once that was told. Throws `ExecError` where there is too much, or the command did not run. */
	take(message: Buffer): ExecOutcome | undefined {
		const data = message.subarray(1);
		switch (message[0]) {
			case channels.stdout:
				this.#stdoutBytes += data.length;
				if (this.#stdoutBytes > this.#maxBytes) {
					throw new ExecError('refused', this.#place, `it wrote more than ${this.#maxBytes} bytes`);
				}

				this.#stdout.push(data);
				return undefined;
			case channels.stderr: {
				const part = data.subarray(0, mostStderr - this.#stderrBytes);
				this.#stderrBytes += part.length;
				this.#stderr.push(part);
				return undefined;
			}

			case channels.status:
				// An empty one only tells that the connection is there.
				return data.length === 0 ? undefined : this.#end(data.toString());
			default:
				return undefined;
		}
	}

	#end(text: string): ExecOutcome {
		const code = exitCodeOf(text, this.#place);
		const stderr = Buffer.concat(this.#stderr).toString();
		if (code === 255 && notStarted.test(stderr)) {
			throw execErrorOf(stderr.trim(), 400, this.#place);
		}

		return {code, stdout: Buffer.concat(this.#stdout, this.#stdoutBytes), stderr};
	}
}

/** What CRI-O hands on of its runtime where a command did not even begin; containerd makes an error of it. */
const notStarted = /^(?:time=\S+ )?level=error msg="exec failed: unable to start container process: /;

/** By the `Status` on the error channel (kubernetes/kubernetes, staging/src/k8s.io/client-go/tools/remotecommand/v4.go, v1.34). */
function exitCodeOf(text: string, place: ExecPlace): number {
	const status = parseOrUndefined(text);
	if (field(status, 'status') === 'Success') {
		return 0;
	}

	const cause = asList(field(status, 'details', 'causes')).find(cause => field(cause, 'reason') === 'ExitCode');
	const code = asText(field(cause, 'message'));
	if (field(status, 'reason') === 'NonZeroExitCode' && /^\d{1,3}$/.test(code)) {
		return Number(code);
	}

	const told = field(status, 'code');
	throw execErrorOf(asText(field(status, 'message')) || text.slice(0, 300), typeof told === 'number' ? told : 500, place);
}

function parseOrUndefined(text: string): unknown {
	try {
		return JSON.parse(text);
	} catch {
		return undefined; // Which is no end that is known.
	}
}
