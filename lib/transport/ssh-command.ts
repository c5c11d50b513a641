import {requirePlainWords} from './node-shell.ts';

/** What the SSH user may need to become root: `asked` is a password that a person gave for this run. */
export type Sudo = {readonly password: string | undefined};

/** Exit code of our own wrapper where sudo did not take the password. 1 and 127 are sudo's and the shell's. */
const passwordRefused = 78;

/** A command of the user's login shell, and what its standard input begins with. */
export type RemoteCommand = {readonly command: string; readonly input: string};

/** The command that asks a node: the script follows on standard input. */
export function remoteCommand(run: string, uid: string, sudo: Sudo): RemoteCommand {
	for (const word of [run, uid]) {
		if (!/^[\w.-]{1,128}$/.test(word)) {
			throw new TypeError(`not a plain word: ${word}`);
		}
	}

	return rootCommand(['/bin/sh', '-s', '--', run, uid], sudo);
}

/**
Becomes root where it is not, and runs these words, which no shell reads as anything but themselves. The user's login shell may be any that
knows `exec` and single quotes (fish and csh do), so nothing in it needs more.

The password is tried once, by `sudo -v`, whose input holds nothing else: sudo would take what follows for further tries.
*/
export function rootCommand(words: readonly string[], {password}: Sudo): RemoteCommand {
	requirePlainWords(words);
	// In double quotes a tilde is no home, and there is nothing else in a plain word that would be anything.
	const quoted = words.map(text => `"${text}"`).join(' ');
	const steps =
		password === undefined
			? [`if [ "$(id -u)" = 0 ]; then exec ${quoted}; fi`, `exec sudo -n -- ${quoted}`]
			: [
					'IFS= read -r password',
					`if [ "$(id -u)" = 0 ]; then exec ${quoted}; fi`,
					// sudo with a terminal of its own (use_pty) would read ahead of what is not for it.
					`sudo -n true </dev/null 2>/dev/null || printf "%s\\n" "$password" | sudo -S -p "" -v || exit ${passwordRefused}`,
					'password=',
					// Not by exec: without a terminal sudo remembers the password for children of one process.
					`sudo -n -- ${quoted}`,
				];
	return {command: `exec /bin/sh -c '${steps.join('; ')}'`, input: password === undefined ? '' : `${password}\n`};
}

/** Why a command gave no answer, by the words of sudo and of shells. The first match is taken. */
const failures: readonly {readonly says: RegExp; readonly reason: string}[] = [
	{
		says: /a password is required|no password was provided|a terminal is required to read the password/,
		reason: 'sudo asks for a password there; give it once for all nodes with --ssh-ask-sudo, or log in as root',
	},
	{says: /you must have a tty/, reason: 'sudo there insists on a terminal (requiretty), which a command has not'},
	{
		says: /is not in the sudoers file|may not run sudo|not allowed to execute/,
		reason: 'the SSH user may not become root there by sudo',
	},
	{
		says: /sudo: (?:not found|command not found|unknown command)|sudo: inaccessible|Unknown command:? .?sudo/i,
		reason: 'the SSH user is not root there, and there is no sudo',
	},
	{says: /account is (?:currently )?not available|nologin/i, reason: 'the SSH user has no login shell there'},
];

/** One phrase for a command that ended without a whole answer. */
export function failureOf(code: number | undefined, stderr: string): string {
	if (code === passwordRefused) {
		return 'sudo did not take the password there';
	}

	const row = failures.find(({says}) => says.test(stderr));
	if (row !== undefined) {
		return row.reason;
	}

	const said = stderr.trim().split('\n').at(-1)?.trim() ?? '';
	const how = code === undefined ? 'was killed' : `ended with exit code ${code}`;
	return `the script ${how} there and gave no answer${said === '' ? '' : `: ${said.slice(0, 200)}`}`;
}
