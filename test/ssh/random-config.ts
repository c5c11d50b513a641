import * as fc from 'fast-check';

const names = fc.constantFrom('a', 'b', 'ab', 'A', 'real', 'node-1', 'x.example', '10.0.0.1', '127.1', '::1');
const patterns = fc.constantFrom(
	'a',
	'b',
	'*',
	'?',
	'a*',
	'*b',
	'!a',
	'!*',
	'real',
	'a,b',
	'node-?',
	'**',
	'*.example',
	'A',
	'!b,*',
	'::*',
);
const blanks = fc.constantFrom(' ', '  ', '\t', '=', ' = ', '= ', ' =');

const words = (arb: fc.Arbitrary<string>, most: number) =>
	fc.array(arb, {minLength: 1, maxLength: most}).map(list => list.join(' '));

const quoted = (arb: fc.Arbitrary<string>) =>
	fc.tuple(fc.constantFrom('', '', '', '"', "'"), arb).map(([quote, text]) => `${quote}${text}${quote}`);

const files = fc.constantFrom('~/.ssh/k', '/k/%h', '%d/%n', 'none', 'NONE', '~/%r-%p', '/k/%%', '/k#1', 'a\\ b', 'a\\\\b');
/** Before 9.9, Match lines know no single quotes, and split at every =. */
const doubleQuoted = (arb: fc.Arbitrary<string>) =>
	fc.tuple(fc.boolean(), arb).map(([isQuoted, text]) => (isQuoted ? `"${text}"` : text));

const criteria = fc.oneof(
	fc.constantFrom('all', '!all', 'final', 'canonical', '!canonical', 'colour x'),
	fc
		.tuple(
			fc.constantFrom('host', 'originalhost', 'user', 'localuser', '!host', '!user', 'HOST'),
			fc.constantFrom(' ', '='),
			doubleQuoted(patterns),
		)
		.map(parts => parts.join('')),
);

const hops = fc.constantFrom(
	'gate',
	'u@gate',
	'gate:22',
	'u@b:2200',
	'ssh://u@c:1',
	'ssh://c',
	'[::1]:5',
	'none',
	'a:0',
	'@a',
	'',
	'ssh://a/x',
	'a/b',
	'x#y',
);

const values: readonly (readonly [string, fc.Arbitrary<string>])[] = [
	['Host', words(quoted(patterns), 3)],
	['Host', words(quoted(patterns), 3)],
	['Match', words(criteria, 3)],
	['Match', words(criteria, 2)],
	['HostName', quoted(fc.oneof(names, fc.constantFrom('%h', 'x.%h', '%%', 'Real', '%p', 'FE80::1', 'FE80:0::1')))],
	['User', quoted(fc.constantFrom('root', 'u', 'a b', 'u#v', '', 'x"y'))],
	['Port', quoted(fc.constantFrom('22', '2222', '0', '65536', '+5', '022', 'x', '-1', '1 2'))],
	['IdentityFile', quoted(files)],
	['UserKnownHostsFile', words(quoted(fc.oneof(files, fc.constant('/z/%z'))), 3)],
	['GlobalKnownHostsFile', words(files, 2)],
	['IdentitiesOnly', fc.constantFrom('yes', 'no', 'TRUE', 'false', 'constructor', 'yes no')],
	['HashKnownHosts', fc.constantFrom('yes', 'no')],
	['IdentityAgent', fc.constantFrom('none', '~/a', 'SSH_AUTH_SOCK', '/s/%r', '"a b"')],
	['StrictHostKeyChecking', fc.constantFrom('yes', 'no', 'ask', 'off', 'accept-new', 'ACCEPT-NEW', 'toString')],
	['HostKeyAlias', quoted(names)],
	['ConnectTimeout', fc.constantFrom('none', '0', '5', '1m', '1h1', '5x', '1M30S', '99999999999')],
	['ProxyJump', fc.array(hops, {minLength: 1, maxLength: 3}).map(list => list.join(','))],
	['ProxyCommand', fc.constantFrom('none', 'nc %h %p', '"nc" x # y', 'NONE', '= x')],
	['IgnoreUnknown', fc.constantFrom('colour', 'C*', '!colour,*', 'x')],
	['Colour', fc.constantFrom('red', '"red', 'a b')],
	['CanonicalizeHostname', fc.constantFrom('no', 'yes', 'always', 'never')],
];

const letterCase = fc.constantFrom<(word: string) => string>(
	word => word,
	word => word,
	word => word.toLowerCase(),
	word => word.toUpperCase(),
	word => `"${word}"`,
);

const line = fc.oneof(
	{
		weight: 20,
		arbitrary: fc
			.tuple(
				fc.constantFrom('', '', ' ', '\t'),
				fc.constantFrom(...values),
				letterCase,
				blanks,
				fc.constantFrom(...Array<string>(24).fill(''), ' # x', ' # x', '#x', ' ', '\r', '\f', ' extra'),
			)
			.chain(([before, [keyword, value], spell, blank, after]) =>
				value.map(text => `${before}${spell(keyword)}${blank}${text}${after}`),
			),
	},
	{weight: 2, arbitrary: fc.constantFrom('', '# x', '  ', 'Host', 'User "x', 'U"x y', '=', '\f', 'Foo bar')},
);

/** Lines of which most are sound, and a name to ask for. */
export const randomConfig = fc.record({config: fc.array(line, {maxLength: 12}).map(lines => lines.join('\n')), host: names});

/** The same with anything between, for what must hold of any text. */
export const anyText = fc
	.array(fc.oneof(line, fc.string(), fc.string({unit: 'binary'})), {maxLength: 20})
	.map(lines => lines.join('\n'));
