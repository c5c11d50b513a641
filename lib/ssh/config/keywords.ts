import {type ConfigLine, lowerAscii, refuse} from './lines.ts';
import type {HostOptions, Setting} from './options.ts';
import {parseJump, parsePort, parseSeconds} from './values.ts';

type Row = (line: ConfigLine) => Setting;

/** Validates a line and returns what it sets; undefined for a keyword that OpenSSH does not know. Throws UserError. */
export const settingOf = (line: ConfigLine): Setting | undefined => rows.get(line.keyword)?.(line);

const nothing: Setting = () => undefined;

const one = ({keyword, args, at}: ConfigLine): string => {
	const [first = ''] = args;
	if (args.length > 1) {
		refuse(at, `${keyword} takes one value, not ${args.length}`);
	}

	return first === '' ? refuse(at, `${keyword} has no value`) : first;
};

/** The first value wins. */
const first =
	<K extends keyof HostOptions>(key: K, value: HostOptions[K]): Setting =>
	options => {
		options[key] ??= value;
	};

const text =
	(key: 'hostName' | 'user' | 'identityAgent' | 'hostKeyAlias' | 'ignoreUnknown' | 'tag'): Row =>
	line =>
		first(key, one(line));

const states: ReadonlyMap<string, boolean> = new Map([
	['yes', true],
	['true', true],
	['no', false],
	['false', false],
]);

function parseFlag(line: ConfigLine): boolean {
	const value = one(line);
	return states.get(lowerAscii(value)) ?? refuse(line.at, `${line.keyword} is yes or no, not "${value}"`);
}

const flag =
	(key: 'identitiesOnly' | 'hashKnownHosts'): Row =>
	line =>
		first(key, parseFlag(line));

const files =
	(key: 'userKnownHostsFiles' | 'globalKnownHostsFiles'): Row =>
	({keyword, args, at}) => {
		if (args.includes('') || (args.length > 1 && args.some(arg => lowerAscii(arg) === 'none'))) {
			refuse(at, `${keyword} takes files, or none alone`);
		}

		return args.length === 0 ? nothing : first(key, args);
	};

const strictness = {yes: 'yes', true: 'yes', no: 'no', false: 'no', off: 'no', ask: 'ask', 'accept-new': 'accept-new'} as const;

const isStrictness = (value: string): value is keyof typeof strictness => Object.hasOwn(strictness, value);

const identityFile: Row = line => {
	const file = one(line);
	return ({identityFiles}) => {
		if (!identityFiles.includes(file)) {
			identityFiles.push(file);
		}
	};
};

/** Of ProxyJump and ProxyCommand the first wins; but `ProxyJump none` stands only against a later ProxyJump. */
const proxyJump: Row = ({rest, at}) => {
	const jump = parseJump(rest, at);
	return options => {
		if (options.proxyCommand === undefined) {
			options.jump ??= jump;
		}
	};
};

const proxyCommand: Row =
	({rest}) =>
	options => {
		if (options.jump === undefined || options.jump === 'none') {
			options.proxyCommand ??= rest;
		}
	};

const port: Row = line => first('port', parsePort(one(line)) ?? refuse(line.at, `Port "${one(line)}" is not from 1 to 65535`));

const time = (line: ConfigLine): number | undefined => {
	const value = one(line);
	return value === 'none' ? undefined : (parseSeconds(value) ?? refuse(line.at, `${line.keyword} "${value}" is no time`));
};

const strictHostKeyChecking: Row = line => {
	const value = lowerAscii(one(line));
	return isStrictness(value)
		? first('strictHostKeyChecking', strictness[value])
		: refuse(line.at, `StrictHostKeyChecking is yes, ask, accept-new or no, not "${value}"`);
};

const canonicalizeHostname: Row = line => {
	const value = lowerAscii(one(line));
	return first('canonicalize', value === 'always' || parseFlag(line));
};

/** A check of keywords that mean nothing to this tool, so that what OpenSSH refuses is refused for the same reason. */
const ignored =
	(check: (line: ConfigLine) => unknown): Row =>
	line => {
		check(line);
		return nothing;
	};

const upTo =
	(most: number) =>
	({keyword, args, at}: ConfigLine) =>
		args.length >= 1 && args.length <= most ? undefined : refuse(at, `${keyword} takes ${most} values at most and one at least`);

const integer = (line: ConfigLine) => (/^[+-]?\d+$/.test(one(line)) ? undefined : refuse(line.at, `${line.keyword} is a number`));

const names = (list: string, row: Row) => list.split(' ').map(name => [name, row] as const);

/** Every keyword of OpenSSH 10 (`keywords` in readconf.c), of Debian's GSSAPI patches and of macOS (usekeychain). */
const rows: ReadonlyMap<string, Row> = new Map<string, Row>([
	['hostname', text('hostName')],
	['port', port],
	['user', text('user')],
	...names('identityfile identityfile2', identityFile),
	['identitiesonly', flag('identitiesOnly')],
	['identityagent', text('identityAgent')],
	['proxyjump', proxyJump],
	['proxycommand', proxyCommand],
	['userknownhostsfile', files('userKnownHostsFiles')],
	['globalknownhostsfile', files('globalKnownHostsFiles')],
	['stricthostkeychecking', strictHostKeyChecking],
	['hostkeyalias', text('hostKeyAlias')],
	['hashknownhosts', flag('hashKnownHosts')],
	['connecttimeout', line => first('connectTimeout', time(line))],
	['ignoreunknown', text('ignoreUnknown')],
	['tag', text('tag')],
	['canonicalizehostname', canonicalizeHostname],
	...names(
		'forwardx11 forwardx11trusted gatewayports exitonforwardfailure passwordauthentication kbdinteractiveauthentication ' +
			'challengeresponseauthentication skeyauthentication tisauthentication hostbasedauthentication batchmode checkhostip ' +
			'tcpkeepalive keepalive nohostauthenticationforlocalhost clearallforwardings enablesshkeysign permitlocalcommand ' +
			'visualhostkey stdinnull forkafterauthentication proxyusefdpass canonicalizefallbacklocal streamlocalbindunlink ' +
			'enableescapecommandline gssapiauthentication gssapidelegatecredentials gssapikeyexchange gssapitrustdns ' +
			'gssapirenewalforcesrekey usekeychain',
		ignored(parseFlag),
	),
	...names(
		'connectionattempts numberofpasswordprompts serveralivecountmax canonicalizemaxdots requiredrsasize',
		ignored(integer),
	),
	...names('serveraliveinterval forwardx11timeout protocolkeepalives setuptimeout', ignored(time)),
	...names(
		'pubkeyauthentication dsaauthentication verifyhostkeydns compression addressfamily controlmaster controlpersist tunnel ' +
			'requesttty sessiontype updatehostkeys fingerprinthash forwardagent xauthlocation certificatefile ciphers macs ' +
			'kexalgorithms hostkeyalgorithms casignaturealgorithms hostbasedacceptedalgorithms hostbasedkeytypes ' +
			'pubkeyacceptedalgorithms pubkeyacceptedkeytypes kbdinteractivedevices preferredauthentications bindaddress ' +
			'bindinterface pkcs11provider smartcarddevice securitykeyprovider controlpath escapechar loglevel syslogfacility ' +
			'tunneldevice streamlocalbindmask dynamicforward gssapiclientidentity gssapiserveridentity gssapikexalgorithms ' +
			'obscurekeystroketiming warnweakcrypto refuseconnection',
		ignored(one),
	),
	...names('localforward remoteforward ipqos rekeylimit addkeystoagent', ignored(upTo(2))),
	...names(
		'sendenv setenv logverbose permitremoteopen canonicaldomains canonicalizepermittedcnames channeltimeout',
		() => nothing,
	),
	...names('revokedhostkeys localcommand remotecommand knownhostscommand versionaddendum protocol', () => nothing),
	...names(
		'cipher fallbacktorsh globalknownhostsfile2 rhostsauthentication userknownhostsfile2 useroaming usersh useprivilegedport ' +
			'afstokenpassing kerberosauthentication kerberostgtpassing rsaauthentication rhostsrsaauthentication compressionlevel',
		() => nothing,
	),
]);
