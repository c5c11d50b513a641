import {matchesNames} from './host-names.ts';
import {keyType, type PublicKey, parsePublicKey} from './public-key.ts';

/** A known_hosts file: its path, for messages, and what it says. */
export type KnownHostsFile = {readonly path: string; readonly text: string};

/** A line of a known_hosts file that counts for a host. */
export type KnownHostsEntry = {
	readonly file: string;
	/** From 1. */
	readonly line: number;
	readonly marker: 'cert-authority' | 'revoked' | undefined;
	readonly key: PublicKey;
};

/**
The lines of a host, in the files' order. What OpenSSH cannot read it skips without a word, and so does this. The name is as files
write it, in lower case: `node-1` or `[node-1]:2222`. Source: sshd(8), SSH_KNOWN_HOSTS FILE FORMAT, and OpenSSH's hostfile.c.
*/
export function linesOfHost(files: readonly KnownHostsFile[], name: string): readonly KnownHostsEntry[] {
	return files.flatMap(({path, text}) =>
		text.split('\n').flatMap((line, index) => {
			const entry = parseLine(line, name);
			return entry === undefined ? [] : [{...entry, file: path, line: index + 1}];
		}),
	);
}

/** Blanks are spaces and tabs only: the CR of a CRLF belongs to the last word, and within base64 it does not count. */
const fields = /^(?<names>[^ \t]+)[ \t]+(?<type>[^ \t]+)[ \t]+(?<key>[^ \t]+)/;

function parseLine(line: string, name: string): Pick<KnownHostsEntry, 'marker' | 'key'> | undefined {
	// To OpenSSH a line is a C string.
	const [untilNul = ''] = line.split('\0', 1);
	const text = withoutBlanks(untilNul);
	const marked = text.startsWith('#') ? undefined : takeMarker(text);
	const {names, type, key} = marked === undefined ? {} : (fields.exec(marked.rest)?.groups ?? {});
	if (marked === undefined || names === undefined || type === undefined || key === undefined || !matchesNames(name, names)) {
		return undefined;
	}

	const parsed = parseKey(type, key);
	return parsed === undefined ? undefined : {marker: marked.marker, key: parsed};
}

const markers = {'@cert-authority': 'cert-authority', '@revoked': 'revoked'} as const;

/** At most one marker. It ends at the line's first space, at a tab only where the line has no space: OpenSSH skips `@revoked<TAB>… …`. */
function takeMarker(text: string): {readonly marker: KnownHostsEntry['marker']; readonly rest: string} | undefined {
	if (!text.startsWith('@')) {
		return {marker: undefined, rest: text};
	}

	const word = text.split(text.includes(' ') ? ' ' : '\t', 1)[0] ?? '';
	const rest = withoutBlanks(text.slice(word.length));
	return (word === '@cert-authority' || word === '@revoked') && !rest.startsWith('@') ? {marker: markers[word], rest} : undefined;
}

function withoutBlanks(text: string): string {
	return text.replace(/^[ \t]+/, '');
}

/** The key, where its type is known and is what the line says. */
function parseKey(typeName: string, base64: string): PublicKey | undefined {
	const type = keyType(typeName);
	const text = base64.replaceAll(/[\t\n\v\f\r ]/g, '');
	const blob = Buffer.from(text, 'base64');
	// Node.js forgives what is no base64.
	const key = type === undefined || blob.toString('base64') !== text ? undefined : parsePublicKey(blob);
	return key?.type === type?.name ? key : undefined;
}
