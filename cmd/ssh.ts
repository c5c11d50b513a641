import {appendFile, mkdir, readFile} from 'node:fs/promises';
import {homedir, hostname, userInfo} from 'node:os';
import {dirname} from 'node:path';
import type {FleetSsh, SshWay} from '../lib/collect/fleet-options.ts';
import {sshPlaceOf} from '../lib/collect/ssh-place.ts';
import {UserError} from '../lib/errors.ts';
import type {Progress} from '../lib/print/progress.ts';
import {ask} from '../lib/print/prompt.ts';
import {type JumpHost, parseJump} from '../lib/ssh/config/values.ts';
import type {Arguments} from './command.ts';
import type {Context} from './context.ts';
import {checked} from './grammar.ts';
import {sshOptions} from './ssh-options.ts';
import {usageError} from './usage-error.ts';

type SshArguments = Arguments<typeof sshOptions>;

/** Refuses flags that cannot be meant, before anything is asked. */
export function checkSshFlags(args: SshArguments, command: string): void {
	const {'ssh-user': user, 'ssh-port': port, 'ssh-host-template': template, 'ssh-jump': jump} = args;
	if (user !== undefined) {
		checked(user, 'login', command);
	}

	if (port !== undefined && (port < 1 || port > 65_535)) {
		throw usageError(`invalid value "${port}" for --ssh-port; expected a port from 1 to 65535`, command);
	}

	if (template !== undefined && !/\{(?:name|address)\}/.test(template)) {
		throw usageError(`--ssh-host-template "${template}" leads every node to one host; it needs {name} or {address}`, command);
	}

	if (jump !== undefined) {
		jumpHosts(jump, command);
	}
}

/** Everything about SSH that a run needs, made ready at its first need: files are read and people asked only then. */
export function sshFor(args: SshArguments, context: Context, progress: Progress): FleetSsh {
	let way: Promise<SshWay> | undefined;
	return {
		isAsked: Object.keys(sshOptions).some(name => {
			const value = args[name as keyof SshArguments];
			return Array.isArray(value) ? value.length > 0 : value !== undefined && value !== false;
		}),
		async open() {
			way ??= openSsh(args, context, progress);
			return way;
		},
		async close() {
			const opened = await way?.catch(() => undefined);
			await opened?.reach.close();
		},
	};
}

async function openSsh(args: SshArguments, context: Context, progress: Progress): Promise<SshWay> {
	const [{readSshConfig}, {diskReaders}, {HostKeys}, {IdentityStore}, {SshReach}, {parsePrivateKey}] = await Promise.all([
		import('../lib/ssh/config/ssh-config.ts'),
		import('../lib/ssh/config/disk.ts'),
		import('../lib/ssh/known-hosts/host-keys.ts'),
		import('../lib/ssh/keys/identities.ts'),
		import('../lib/ssh/reach.ts'),
		import('../lib/ssh/connection/connection.ts'),
	]);
	const {env, clock} = context;
	const home = env['HOME'] ?? homedir();
	const config = await readSshConfig({
		home,
		user: userInfo().username,
		localHostname: hostname(),
		configFile: args['ssh-config'],
		uid: userInfo().uid,
		env,
		...diskReaders,
	});
	for (const note of config.notes) {
		progress.note(note);
	}

	const prompt = async (question: string, secret: boolean) => progress.pause(async () => ask(question, context, {secret}));
	const password = args['ssh-ask-sudo'] ? await prompt('Password for sudo on the nodes: ', true) : undefined;
	if (args['ssh-ask-sudo'] && password === undefined) {
		throw new UserError('--ssh-ask-sudo needs a terminal to ask at', {
			remedy: 'Run it on a terminal, or let the SSH user become root without a password (NOPASSWD in sudoers).',
		});
	}

	const reach = new SshReach({
		config,
		overrides: {
			user: args['ssh-user'],
			port: args['ssh-port'],
			identityFiles: args['ssh-key'].length === 0 ? undefined : args['ssh-key'],
			jump: args['ssh-jump'] === undefined ? undefined : jumpHosts(args['ssh-jump'], 'preflight'),
		},
		hostKeys: new HostKeys({readFile: textOf, appendLine, ask: async question => prompt(question, false)}),
		identities: new IdentityStore(async question => prompt(`${question}: `, true), parsePrivateKey),
		agent: env['SSH_AUTH_SOCK'],
		clock,
		random: Math.random,
	});
	const isConfigured = (name: string) => config.resolve(name).isConfigured;
	return {
		reach,
		sudo: {password},
		isConfigured,
		placeOf: node => sshPlaceOf(node, {template: args['ssh-host-template'], address: args['ssh-address'], isConfigured}),
	};
}

/** As ProxyJump in a file has it; empty for `none`. A usage error for anything else. */
function jumpHosts(text: string, command: string): readonly JumpHost[] {
	try {
		const hops = parseJump(text, '--ssh-jump');
		if (hops === 'none' || !hops.some(({host}) => host.startsWith('-'))) {
			return hops === 'none' ? [] : hops;
		}
	} catch {
		// Said below, as of any other flag.
	}

	throw usageError(`"${text}" is no jump host; expected [USER@]HOST[:PORT],... or none`, command);
}

async function textOf(path: string): Promise<string | undefined> {
	try {
		return await readFile(path, 'utf8');
	} catch (error) {
		const {code} = error as NodeJS.ErrnoException;
		if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'EACCES') {
			return undefined;
		}

		throw error;
	}
}

async function appendLine(path: string, line: string): Promise<void> {
	const before = (await textOf(path)) ?? '';
	await mkdir(dirname(path), {recursive: true, mode: 0o700});
	await appendFile(path, `${before === '' || before.endsWith('\n') ? '' : '\n'}${line}\n`, {mode: 0o600});
}
