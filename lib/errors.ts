/** Exit codes of the command line, one meaning each; the README's table is held equal by a test. */
export const exitCode = {
	ok: 0,
	failed: 1,
	usage: 2,
	errors: 3,
	warnings: 4,
	blocked: 5,
	notProved: 6,
	rolledBack: 7,
	interrupted: 130,
} as const;

export type ExitCode = (typeof exitCode)[keyof typeof exitCode];

/**
An expected failure that a person can act on. It is printed as `error: MESSAGE` and its remedy, never with a stack.
Anything else that reaches the top is a bug and prints its stack.
*/
export class UserError extends Error {
	override name = 'UserError' as const;

	/** What to do about it, in the imperative: one or more lines. */
	readonly remedy: string | undefined;

	readonly exitCode: ExitCode;

	constructor(message: string, options: {readonly remedy?: string; readonly exitCode?: ExitCode; readonly cause?: unknown} = {}) {
		super(message, {cause: options.cause});
		this.remedy = options.remedy;
		this.exitCode = options.exitCode ?? exitCode.failed;
	}
}

/** The message of anything that was thrown. */
export function messageOf(error: unknown): string {
	return error instanceof Error ? error.message : String(error);
}
