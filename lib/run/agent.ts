import {createHash} from 'node:crypto';
import type {Clock} from '../clock.ts';
import {exitCode, UserError} from '../errors.ts';
import {actScript} from '../node-script/act-script.ts';
import {readFrame} from '../node-script/frame.ts';
import {type ActRecord, actLines, readActRecords} from '../node-script/records.ts';
import {type NodeShell, type ShellAnswer, ShellLost} from '../transport/node-shell.ts';

/** Where the script, its plans and its journals are on a node. */
const home = '/var/lib/cni-upgrade';

/** What the node script answered: all its records but the last, which says how it went. */
export type ActAnswer = {
	readonly records: readonly ActRecord[];
	/** The records of one kind, without the kind. */
	readonly of: (kind: string) => readonly ActRecord[];
	/** The same, not decoded: for what has a grammar of its own. */
	readonly lines: (kind: string) => readonly string[];
};

/** The node script would not, or could not; the message is its own sentence. */
export class ActRefused extends UserError {
	readonly kind: 'refused' | 'failed';
	readonly answer: ActAnswer;
	/** The node's own sentence. */
	readonly why: string;

	constructor(node: string, kind: 'refused' | 'failed', why: string, answer: ActAnswer) {
		super(`node/${node}: ${why}`, {exitCode: kind === 'refused' ? exitCode.blocked : exitCode.failed});
		this.kind = kind;
		this.answer = answer;
		this.why = why;
	}
}

export type AskOptions = {
	readonly signal: AbortSignal;
	/** Milliseconds; one minute where absent. */
	readonly timeout?: number;
	readonly stdin?: Uint8Array;
	/** Tries where the shell was lost on the way: every verb may be said twice. Three where absent. */
	readonly tries?: number;
};

export type AgentOptions = {
	readonly shell: NodeShell;
	readonly node: string;
	readonly uid: string;
	/** Ten characters of [a-z0-9]. */
	readonly run: string;
	readonly clock: Clock;
};

const oneMinute = 60_000;

/** Bytes of an answer with whatever a noisy shell puts around it. */
const maxBytes = 1024 * 1024;

/** Milliseconds between tries at a shell that was lost. */
const pause = 2_000;

/** The node script of one run on one node: its verbs as calls. */
export class NodeAgent {
	readonly run: string;
	readonly node: string;
	readonly uid: string;
	readonly #shell: NodeShell;
	readonly #clock: Clock;

	constructor({shell, node, uid, run, clock}: AgentOptions) {
		this.run = run;
		this.node = node;
		this.uid = uid;
		this.#shell = shell;
		this.#clock = clock;
	}

	/** The same node and shell, another run. */
	withRun(run: string): NodeAgent {
		return new NodeAgent({shell: this.#shell, node: this.node, uid: this.uid, run, clock: this.#clock});
	}

	/** Runs a verb that reads nothing, from the script on standard input: nothing is written on the node. */
	async look(verb: string, words: readonly string[], options: Omit<AskOptions, 'stdin'>): Promise<ActAnswer> {
		const command = ['/bin/sh', '-s', '--', verb, this.run, this.uid, ...words];
		return this.#answer(command, {...options, stdin: Buffer.from(actScript())});
	}

	/** Puts the script on the node, whole or not at all. */
	async install(signal: AbortSignal): Promise<void> {
		const stdin = Buffer.from(installer(actScript()));
		const {code, stderr} = await this.#patiently({signal}, async () => this.#exec(['/bin/sh', '-s'], {signal, stdin}));
		if (code !== 0) {
			throw new UserError(`node/${this.node}: the script could not be put under ${home}: ${stderr.trim().slice(0, 300)}`, {
				remedy: 'That directory has to be writable for root, with room for what the plan brings.',
			});
		}
	}

	/** Runs a verb of the installed script. */
	async ask(verb: string, words: readonly string[], options: AskOptions): Promise<ActAnswer> {
		return this.#answer(['/bin/sh', `${home}/act.sh`, verb, this.run, this.uid, ...words], options);
	}

	/** Sends a file to the run's stage, unless it is there already. */
	async put(name: string, bytes: Uint8Array, options: AskOptions): Promise<void> {
		const sha256 = createHash('sha256').update(bytes).digest('hex');
		await this.ask('put', [name, String(bytes.length), sha256], {...options, stdin: bytes});
	}

	/** The client's own line in the journal. */
	async note(step: string, state: string, detail: string, signal: AbortSignal): Promise<void> {
		await this.ask('note', [step, state, ...(detail === '' ? [] : [encodeURIComponent(detail).replaceAll(/[!'()*]/g, '_')])], {
			signal,
		});
	}

	async close(): Promise<void> {
		await this.#shell.close();
	}

	async #answer(command: readonly string[], options: AskOptions): Promise<ActAnswer> {
		const payload = await this.#patiently(options, async () => this.#payload(command, options));
		const all = readActRecords(payload);
		const result = all.findLast(([kind]) => kind === 'result');
		const records = all.filter(([kind]) => kind !== 'result');
		const answer: ActAnswer = {
			records,
			of: kind => records.filter(([own]) => own === kind).map(([, ...fields]) => fields),
			lines: kind => actLines(payload, kind),
		};
		if (result?.[1] !== 'ok') {
			throw new ActRefused(
				this.node,
				result?.[1] === 'refused' ? 'refused' : 'failed',
				result?.[2] ?? 'it did not say how it went',
				answer,
			);
		}

		return answer;
	}

	/** What is in the frame of one answer. One that was cut off is a shell that was lost: a runtime that is stopped calls that a success. */
	async #payload(command: readonly string[], options: AskOptions): Promise<string> {
		const {stdout, stderr, code} = await this.#exec(command, options);
		const frame = readFrame(stdout.toString('latin1'), {run: this.run, uid: this.uid});
		if (frame.kind === 'answer') {
			return frame.records;
		}

		const reason = frame.kind === 'damaged' ? frame.reason : 'it came in another way than asked for';
		const said = stderr.trim().split('\n').at(-1) ?? '';
		const message = `node/${this.node}: the answer to "${verbOf(command)}" is not usable: ${reason} (exit code ${code}${said === '' ? '' : `: ${said.slice(0, 300)}`})`;
		const remedy = `See what is under way there: kubectl cni-upgrade status ${this.node}`;
		throw isCut(code) ? new ShellLost(message, {remedy}) : new UserError(message, {remedy});
	}

	async #exec(command: readonly string[], {signal, timeout = oneMinute, stdin}: AskOptions): Promise<ShellAnswer> {
		return this.#shell.exec(command, {maxBytes, timeout, signal, ...(stdin !== undefined && {stdin})});
	}

	async #patiently<T>({signal, tries = 3}: AskOptions, work: () => Promise<T>): Promise<T> {
		for (let tried = 1; ; tried += 1) {
			try {
				return await work();
			} catch (error) {
				signal.throwIfAborted();
				if (!(error instanceof ShellLost) || tried >= tries) {
					throw error;
				}

				await this.#clock.sleep(pause, signal);
			}
		}
	}
}

/** Without a whole answer: it was said to have ended well, or a signal ended it. */
function isCut(code: number): boolean {
	return code === 0 || code > 128;
}

/** Behind the script, or behind `-s --` where that is on standard input. */
function verbOf(command: readonly string[]): string {
	return command[command[1] === '-s' ? 3 : 2] ?? '';
}

const mark = 'CNI_UPGRADE_END_OF_SCRIPT';

/** Static text around the static script. A shell reads all of it before it runs the first word. */
function installer(script: string): string {
	if (script.split('\n').includes(mark)) {
		throw new TypeError('the script holds the mark that ends it');
	}

	return `main() {
	umask 077
	d=\${CNI_UPGRADE_ROOT-}${home}
	[ ! -L "$d" ] || { echo "$d is a symbolic link" >&2; exit 1; }
	mkdir -p "$d" && chmod 700 "$d" && cat >"$d/.act.sh.new" <<'${mark}' && sync && mv -f "$d/.act.sh.new" "$d/act.sh" && sync
${script.endsWith('\n') ? script : `${script}\n`}${mark}
}
main
exit $?
`;
}
