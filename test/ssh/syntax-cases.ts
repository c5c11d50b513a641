import type {Case} from './cases.ts';

const kh = (...names: readonly string[]) => names.map(name => `/home/ops/.ssh/${name}`);

/** How lines are split. */
export const syntaxCases: readonly Case[] = [
	{
		title: 'keywords do not care about case, and = may follow',
		config: 'HOST=a\nuSeR=x\nport = 2222\nHostKeyAlias\t=\tname\n',
		host: 'a',
		expect: {user: 'x', port: 2222, hostKeyAlias: 'name'},
	},
	{
		title: 'a quoted keyword, and values with quotes and spaces',
		config: '"User" "a b"\nIdentityFile "~/.ssh/my key"\nIdentityFile \'~/.ssh/his key\'\nIdentityFile ~/.ssh/her\\ key\n',
		host: 'a',
		expect: {user: 'a b', identityFiles: kh('my key', 'his key', 'her key'), identitiesNamed: true},
	},
	{
		title: 'quotes inside a word belong to no value, escaped ones do',
		config: 'User a"b c"d\nHostKeyAlias say\\"x\\"\n',
		host: 'a',
		expect: {user: 'ab cd', hostKeyAlias: 'say"x"'},
	},
	{
		title: 'a # begins a comment only where a word begins',
		config: '# User no\n   # User no\nUser a#b # User no\nPort 2222 #x\n',
		host: 'a',
		expect: {user: 'a#b', port: 2222},
	},
	{
		title: 'white space and carriage returns at the end do not count',
		config: '\tUser\tx \t\r\n\r\n\fPort 1\r\n',
		host: 'a',
		expect: /unknown|knows no option/,
	},
	{title: 'Windows line ends', config: 'User x\r\n  Port 2222 \r\n', host: 'a', expect: {user: 'x', port: 2222}},
	{
		title: 'a keyword with a quote that never ends is passed over',
		config: 'Foo"bar baz\nUser x\n',
		host: 'a',
		expect: {user: 'x'},
	},
	{
		title: 'a quote that never ends is refused',
		config: 'User "x\n',
		host: 'a',
		expect: /^file\/.* line 1: a quote " is not closed$/,
	},
	{
		title: 'a keyword without a value is refused',
		config: 'User x\n\nPort\nHostName y\n',
		host: 'a',
		expect: /^file\/.* line 3: nothing follows/,
	},
	{
		title: 'a value that is only a comment is refused',
		config: 'Port # 22\n',
		host: 'a',
		expect: /^file\/.* line 1: port has no value$/,
	},
	{
		title: 'two values for one are refused',
		config: 'User a b\n',
		host: 'a',
		expect: /^file\/.* line 1: user takes one value, not 2$/,
	},
	{title: 'an empty value is refused', config: 'User ""\n', host: 'a', expect: /^file\/.* line 1: user has no value$/},
	{
		title: 'an unknown keyword is refused, also where the block does not apply',
		config: 'Host b\n  Colour red\n',
		host: 'a',
		expect: /^file\/.* line 2: OpenSSH knows no option "colour"/,
	},
	{
		title: 'what is deprecated is passed over',
		config: 'Protocol 2\nRhostsAuthentication yes\nCipher 3des\nUser x\n',
		host: 'a',
		expect: {user: 'x'},
	},
	{title: 'a file without a line end at its end', config: 'User x\nPort 3', host: 'a', expect: {user: 'x', port: 3}},
	{
		title: 'options that mean nothing here are taken',
		config:
			'ForwardAgent yes\nServerAliveInterval 30\nSendEnv LANG LC_*\nLocalForward 8080 localhost:80\nControlPath ~/.ssh/%C\nCiphers aes128-ctr\nRekeyLimit 1G 1h\nUser x\n',
		host: 'a',
		expect: {user: 'x'},
	},
	{
		title: 'options that mean nothing here are checked',
		config: 'Host b\n ServerAliveInterval often\n',
		host: 'a',
		expect: /serveraliveinterval "often" is no time/,
	},
];
