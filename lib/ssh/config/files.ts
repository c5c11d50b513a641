import {messageOf, UserError} from '../../errors.ts';
import {type Environment, expandTilde} from './expand.ts';
import {settingOf} from './keywords.ts';
import {type ConfigLine, lowerAscii, parseConfigLines, refuse} from './lines.ts';
import {type Criterion, parseCriteria, unjudgedIn} from './match.ts';
import type {Setting} from './options.ts';
import {isIgnored, refuseUnknown} from './unknown.ts';

export type SshConfigSources = {
	readonly home: string;
	/** Who runs this, for `Match localuser` and `%u`; also who logs in where nothing names another. */
	readonly user: string;
	readonly localHostname: string;
	/** As `ssh -F FILE`: then only this one is read, and it has to be there; `none` for no file at all. */
	readonly configFile?: string | undefined;
	/** For `%i`. */
	readonly uid?: number | undefined;
	/** For `${NAME}` and SSH_AUTH_SOCK's kin in IdentityAgent. */
	readonly env?: Environment | undefined;
	/** The text, or undefined where there is no such file. */
	readonly readFile: (path: string) => Promise<string | undefined>;
	/** The paths that a pattern of glob(3) names, sorted; none where nothing matches. */
	readonly glob: (pattern: string) => Promise<readonly string[]>;
	/** Whether nobody but the user and root can write the file: OpenSSH refuses others, except -F FILE and the system's. */
	readonly isTrusted?: ((path: string) => Promise<boolean>) | undefined;
};

/** A line, validated. Which apply is decided for each host anew. */
export type Statement =
	| {readonly type: 'host'; readonly patterns: readonly string[]}
	| {readonly type: 'match'; readonly criteria: readonly Criterion[]}
	| {readonly type: 'include'; readonly files: readonly (readonly Statement[])[]}
	| {readonly type: 'set'; readonly set: Setting}
	| {readonly type: 'unknown'; readonly at: string; readonly keyword: string};

export type ConfigFiles = {
	/** Each file on its own: a Host block ends with its file. */
	readonly files: readonly (readonly Statement[])[];
	/** What was passed over, for people. */
	readonly notes: readonly string[];
};

/** Options that change to whom and how OpenSSH connects, and that this tool does not follow: canonical names ask the DNS. */
const unfollowed = new Set(
	'canonicalizehostname revokedhostkeys knownhostscommand certificatefile pkcs11provider bindaddress bindinterface'.split(' '),
);

/** OpenSSH's READCONF_MAX_DEPTH. */
const deepestInclude = 16;

/** Reads the user's and the system's file, or the named one, with all that they include. Throws UserError. */
export async function readConfigFiles(sources: SshConfigSources): Promise<ConfigFiles> {
	const {configFile, home} = sources;
	const reader = new Reader(sources);
	const paths = configFile === undefined ? [`${home}/.ssh/config`, '/etc/ssh/ssh_config'] : [configFile];
	const files = [];
	for (const [index, path] of lowerAscii(configFile ?? '') === 'none' ? [] : paths.entries()) {
		const statements = await reader.read({path, isUsers: index === 0, depth: 0});
		if (statements === undefined && configFile !== undefined) {
			throw new UserError(`file/${path} does not exist`, {remedy: 'Name an SSH configuration file that exists.'});
		}

		files.push(statements ?? []);
	}

	reader.checkUnknown();
	return {files, notes: reader.notes};
}

type Place = {readonly path: string; readonly isUsers: boolean; readonly depth: number};

class Reader {
	readonly notes: string[] = [];
	readonly #unknown: ConfigLine[] = [];
	readonly #ignorable: string[] = [];
	readonly #sources: SshConfigSources;

	constructor(sources: SshConfigSources) {
		this.#sources = sources;
	}

	async read(place: Place): Promise<readonly Statement[] | undefined> {
		const {path} = place;
		let text: string | undefined;
		try {
			text = await this.#sources.readFile(path);
		} catch (error) {
			throw new UserError(`file/${path} cannot be read: ${messageOf(error)}`, {remedy: 'Make it readable.', cause: error});
		}

		if (text !== undefined) {
			await this.#checkTrust(place);
		}

		const statements: Statement[] = [];
		for (const line of parseConfigLines(text ?? '', path)) {
			statements.push(await this.#statement(line, place));
		}

		return text === undefined ? undefined : statements;
	}

	async #checkTrust({path, isUsers, depth}: Place): Promise<void> {
		const {configFile, isTrusted} = this.#sources;
		const isChecked = depth > 0 || (isUsers && configFile === undefined);
		if (isChecked && isTrusted !== undefined && !(await isTrusted(path))) {
			throw new UserError(`file/${path} may be written by others than its user; OpenSSH refuses it too`, {
				remedy: `Make it yours alone to write: chmod go-w ${path}`,
			});
		}
	}

	async #statement(line: ConfigLine, place: Place): Promise<Statement> {
		const {at, keyword, args} = line;
		switch (keyword) {
			case 'host':
				return args.includes('') ? refuse(at, 'Host has an empty pattern') : {type: 'host', patterns: args};
			case 'match':
				return this.#match(line);
			case 'include':
				return {type: 'include', files: await this.#include(line, place)};
			default: {
				const set = settingOf(line);
				this.#remember(line, set);
				return set === undefined ? {type: 'unknown', at, keyword} : {type: 'set', set};
			}
		}
	}

	/** Early, for what no IgnoreUnknown names; whether one applies to a host is seen when that is resolved. */
	checkUnknown(): void {
		for (const {at, keyword} of this.#unknown) {
			if (!this.#ignorable.some(list => isIgnored(keyword, list))) {
				refuseUnknown(at, keyword);
			}
		}
	}

	#match(line: ConfigLine): Statement {
		const criteria = parseCriteria(line);
		const [unjudged] = unjudgedIn(criteria);
		if (unjudged !== undefined) {
			this.notes.push(`${line.at}: Match ${unjudged} is never judged; the block is passed over`);
		}

		return {type: 'match', criteria};
	}

	#remember(line: ConfigLine, set: Setting | undefined): void {
		const {at, keyword, args} = line;
		if (set === undefined) {
			this.#unknown.push(line);
		} else if (keyword === 'ignoreunknown') {
			this.#ignorable.push(...args);
		} else if (unfollowed.has(keyword) && !/^(?:no|none|false)$/i.test(args[0] ?? '')) {
			this.notes.push(`${at}: ${keyword} is not followed`);
		}
	}

	async #include({at, args}: ConfigLine, {isUsers, depth}: Place): Promise<readonly (readonly Statement[])[]> {
		const included = [];
		for (const arg of args) {
			if (arg === '' || (arg.startsWith('~') && !isUsers)) {
				refuse(at, `Include "${arg}" is no path for this file`);
			}

			if (/%|\$\{/.test(arg)) {
				this.notes.push(`${at}: Include "${arg}": tokens and variables are not replaced, as in OpenSSH before 9.9`);
			}

			const anchored = /^[~/]/.test(arg) ? arg : `${isUsers ? '~/.ssh' : '/etc/ssh'}/${arg}`;
			for (const path of await this.#sources.glob(expandTilde(anchored, `${at}: Include`, this.#sources))) {
				if (depth === deepestInclude) {
					refuse(at, `files include each other more than ${deepestInclude} deep`);
				}

				included.push((await this.read({path, isUsers, depth: depth + 1})) ?? []);
			}
		}

		return included;
	}
}
