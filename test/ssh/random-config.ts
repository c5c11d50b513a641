import * as fc from 'fast-check';

const names = fc.constantFrom('a', 'b', 'ab', 'A', 'real', 'node-1', 'x.example', '10.0.0.1', '127.1', '::1');
const patternsOf = 'a b * ? a* *b !a !* real a,b node-? ** *.example A !b,* ::*';
const patterns = fc.constantFrom(...patternsOf.split(' '));
const blanks = fc.constantFrom(' ', '  ', '\t', '=', ' = ', '= ', ' =');

/** Mostly what OpenSSH takes; seldom what it refuses, so that most files are sound. */
const mostly = (sound: readonly string[], refused: readonly string[]) =>
	fc.oneof({weight: 40, arbitrary: fc.constantFrom(...sound)}, {weight: 1, arbitrary: fc.constantFrom(...refused)});

const words = (arb: fc.Arbitrary<string>, most: number) =>
	fc.array(arb, {minLength: 1, maxLength: most}).map(list => list.join(' '));

const quoted = (arb: fc.Arbitrary<string>) =>
	fc.tuple(fc.constantFrom('', '', '', '"', "'"), arb).map(([quote, text]) => `${quote}${text}${quote}`);

const files = fc.constantFrom('~/.ssh/k', '/k/%h', '%d/%n', 'none', 'NONE', '~/%r-%p', '/k/%%', '/k#1', 'a\\ b', 'a\\\\b');
/** Before 9.9, Match lines know no single quotes, and split at every =. */
const doubleQuoted = (arb: fc.Arbitrary<string>) =>
	fc.tuple(fc.boolean(), arb).map(([isQuoted, text]) => (isQuoted ? `"${text}"` : text));

const criteria = fc.oneof(
	{weight: 1, arbitrary: mostly(['final', 'canonical', '!canonical'], ['all', '!all', 'colour x'])},
	{
		weight: 3,
		arbitrary: fc
			.tuple(
				fc.constantFrom('host', 'originalhost', 'user', 'localuser', '!host', '!user', 'HOST'),
				fc.constantFrom(' ', '='),
				doubleQuoted(patterns),
			)
			.map(parts => parts.join('')),
	},
);

const hops = mostly(
	['gate', 'u@gate', 'gate:22', 'u@b:2200', 'ssh://u@c:1', 'ssh://c', '[::1]:5', 'x#y'],
	['none', 'a:0', '@a', '', 'ssh://a/x', 'a/b'],
);

const values: readonly (readonly [string, fc.Arbitrary<string>])[] = [
	['Host', words(quoted(patterns), 3)],
	['Host', words(quoted(patterns), 3)],
	['Match', words(criteria, 3)],
	['Match', fc.constantFrom('all', '!all', 'final all', 'canonical !all')],
	['HostName', quoted(fc.oneof(names, mostly(['%h', 'x.%h', '%%', 'Real', 'FE80::1', 'FE80:0::1'], ['%p'])))],
	['User', mostly(['root', 'u', '"a b"', "'a b'", 'u#v', '"u\'v"', 'a\\ b'], ['', 'a b', 'x"y'])],
	['Port', quoted(mostly(['22', '2222', '+5', '022'], ['0', '65536', 'x', '-1', '1 2']))],
	['IdentityFile', quoted(files)],
	['UserKnownHostsFile', words(quoted(mostly(['~/.ssh/h', '/k/%h', '%d/%n', '~/%r-%p', '/k/%%', '/k#1'], ['/z/%z', 'none'])), 3)],
	['GlobalKnownHostsFile', words(mostly(['/g', '~/g', '%h'], ['none']), 2)],
	['IdentitiesOnly', mostly(['yes', 'no', 'TRUE', 'false'], ['constructor', 'yes no'])],
	['HashKnownHosts', fc.constantFrom('yes', 'no')],
	['IdentityAgent', fc.constantFrom('none', '~/a', 'SSH_AUTH_SOCK', '/s/%r', '"a b"')],
	['StrictHostKeyChecking', mostly(['yes', 'no', 'ask', 'off', 'accept-new', 'ACCEPT-NEW'], ['toString'])],
	['HostKeyAlias', quoted(names)],
	['ConnectTimeout', mostly(['none', '0', '5', '1m', '1h1', '1M30S'], ['5x', '99999999999'])],
	[
		'ProxyJump',
		fc.oneof(
			fc.constant('none'),
			fc.array(hops, {minLength: 1, maxLength: 3}).map(list => list.join(',')),
		),
	],
	['ProxyCommand', fc.constantFrom('none', 'nc %h %p', '"nc" x # y', 'NONE', '= x')],
	['IgnoreUnknown', fc.constantFrom('colour', 'C*', '!colour,*', 'x')],
	['IgnoreUnknown colour\nColour', mostly(['red', 'a b'], ['"red'])],
	['CanonicalizeHostname', mostly(['no', 'yes', 'always'], ['never'])],
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
				fc.constantFrom(...Array<string>(40).fill(''), ' # x', ' # x', ' ', '\r', '\f', '#x', ' extra'),
			)
			.chain(([before, [keyword, value], spell, blank, after]) =>
				value.map(text => `${before}${spell(keyword)}${blank}${text}${after}`),
			),
	},
	{weight: 2, arbitrary: mostly(['', '# x', '  ', 'U"x y'], ['Host', 'User "x', '=', '\f', 'Foo bar'])},
);

/** Lines of which most are sound, and a name to ask for. */
export const randomConfig = fc.record({config: fc.array(line, {maxLength: 12}).map(lines => lines.join('\n')), host: names});

/** The same with anything between, for what must hold of any text. */
export const anyText = fc
	.array(fc.oneof(line, fc.string(), fc.string({unit: 'binary'})), {maxLength: 20})
	.map(lines => lines.join('\n'));
