import {UserError} from '../../errors.ts';

/** One line of an ssh_config that says something. */
export type ConfigLine = {
	/** `file/PATH line N`, for errors and notes. */
	readonly at: string;
	/** In lower case. */
	readonly keyword: string;
	/** Unquoted, without a comment. */
	readonly args: readonly string[];
	/** All that follows the keyword as it stands, for keywords that take a command or a list of jump hosts. */
	readonly rest: string;
};

/** What OpenSSH refuses in a configuration file. */
export function refuse(at: string, why: string): never {
	throw new UserError(`${at}: ${why}`, {remedy: 'Correct the line; `ssh -G HOST` reads the same file and should refuse it too.'});
}

/**
Splits a file as OpenSSH does (`process_config_line_depth`, `strdelim` and `argv_split` in openssh-portable's readconf.c and
misc.c). The npm package ssh-config 5.3.0 is not used: of the files in test/ssh that `ssh -G` reads it read one in seven otherwise
(`?`, negated and repeated Match conditions, quotes, `#`), it takes most of what OpenSSH refuses, and knows no line numbers.
*/
export function parseConfigLines(text: string, path: string): readonly ConfigLine[] {
	return text.split('\n').flatMap((raw, index) => {
		const line = parseLine(raw, `file/${path} line ${index + 1}`);
		return line === undefined ? [] : [line];
	});
}

function parseLine(raw: string, at: string): ConfigLine | undefined {
	const line = trimEnd(raw.split('\0', 1)[0] ?? '');
	let [keyword, rest] = cutKeyword(line);
	if (keyword === '' && rest !== undefined) {
		[keyword, rest] = cutKeyword(rest);
	}

	// A keyword with a quote that never ends makes OpenSSH pass over the line.
	if (keyword === undefined || keyword === '' || keyword.startsWith('#')) {
		return undefined;
	}

	const value = rest?.replace(/^[ \t\r]+/, '') ?? '';
	if (value === '') {
		refuse(at, `nothing follows the keyword "${keyword}"`);
	}

	return {at, keyword: lowerAscii(keyword), args: splitArguments(value, at), rest: value.replace(/^[ \t\r=]+/, '')};
}

/** A loop, because a regular expression for this would take quadratic time. */
function trimEnd(line: string): string {
	let end = line.length;
	while (end > 1 && ' \t\r\f'.includes(line.charAt(end - 1))) {
		end -= 1;
	}

	return line.slice(0, end);
}

/** The keyword ends at white space or at one `=`; it may be quoted. */
function cutKeyword(line: string): [string | undefined, string | undefined] {
	const end = line.search(/[ \t\r"=]/);
	if (end === -1) {
		return [line, undefined];
	}

	if (line[end] === '"') {
		const close = line.indexOf('"', end + 1);
		const keyword = close === -1 ? undefined : line.slice(0, end) + line.slice(end + 1, close);
		return [keyword, close === -1 ? undefined : line.slice(close + 1)];
	}

	const rest = line.slice(end + 1).replace(/^[ \t\r]+/, '');
	return [line.slice(0, end), line[end] !== '=' && rest.startsWith('=') ? rest.slice(1) : rest];
}

function splitArguments(text: string, at: string): readonly string[] {
	const args: string[] = [];
	let index = 0;
	while (index < text.length) {
		if (' \t'.includes(text.charAt(index))) {
			index += 1;
			continue;
		}

		if (text[index] === '#') {
			break;
		}

		const {arg, end} = readArgument(text, index, at);
		args.push(arg);
		index = end;
	}

	return args;
}

function readArgument(text: string, start: number, at: string): {arg: string; end: number} {
	let arg = '';
	let quote = '';
	let index = start;
	for (; index < text.length; index += 1) {
		const char = text.charAt(index);
		const next = text.charAt(index + 1);
		if (char === '\\' && next !== '' && (`'"\\`.includes(next) || (quote === '' && next === ' '))) {
			arg += next;
			index += 1;
		} else if (quote === '' && ' \t'.includes(char)) {
			break;
		} else if (quote === '' && `'"`.includes(char)) {
			quote = char;
		} else if (char === quote) {
			quote = '';
		} else {
			arg += char;
		}
	}

	if (quote !== '') {
		refuse(at, `a quote ${quote} is not closed`);
	}

	return {arg, end: index};
}

/** As C's tolower: letters outside ASCII stay as they are. */
export function lowerAscii(text: string): string {
	return text.replaceAll(/[A-Z]+/g, letters => letters.toLowerCase());
}
