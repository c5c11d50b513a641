import {Buffer} from 'node:buffer';
import {spawn} from 'node:child_process';
import {isatty} from 'node:tty';
import type {Clock} from '../clock.ts';
import {messageOf, UserError} from '../errors.ts';
import type {Credential, Credentials} from './credentials.ts';
import {codeOf} from './errors.ts';
import {inCommon} from './in-common.ts';
import {asList, asText, field, type JsonObject, textOrUndefined} from './json.ts';
import {execExtension} from './kubeconfig-choice.ts';
import type {Environment} from './kubeconfig-files.ts';

export type ExecPlugin = {
	/** The user's `exec` and the cluster, as in the kubeconfig. */
	readonly exec: unknown;
	readonly cluster: JsonObject;
	/** Base64, from wherever the kubeconfig has it. */
	readonly authority: string | undefined;
	readonly who: string;
	/** Impersonation, which comes on top. */
	readonly headers: Credential['headers'];
	readonly env: Environment;
	readonly clock: Clock;
	readonly stderr: {readonly write: (text: string) => unknown};
	/** Whether a person can answer the plugin's questions. */
	readonly isInteractive?: boolean;
};

type Held = {readonly credential: Credential; readonly expires: number};

/** No credential is longer. */
const largestAnswer = 1024 * 1024;

/**
Credentials from a command, as client-go runs it (kubernetes/client-go, plugin/pkg/client/auth/exec/exec.go): one run for any
number of requests, KUBERNETES_EXEC_INFO set, its questions and errors visible, another run on expiry and on a 401.
client-node runs it once for each request under way, without KUBERNETES_EXEC_INFO, and swallows what it asks.
*/
export function execCredentials(plugin: ExecPlugin): Credentials {
	let held: Held | undefined;
	const run = inCommon(async signal => {
		held = await runPlugin(plugin, signal);
		return held.credential;
	});

	return {
		who: plugin.who,
		get: async signal => (held !== undefined && held.expires > plugin.clock.now() ? held.credential : run(signal)),
		// Others may have renewed them meanwhile.
		renew: async (refused, signal) => (held === undefined || held.credential === refused ? run(signal) : held.credential),
	};
}

async function runPlugin(plugin: ExecPlugin, signal: AbortSignal): Promise<Held> {
	const command = asText(field(plugin.exec, 'command'));
	const apiVersion = asText(field(plugin.exec, 'apiVersion'));
	const fail = (what: string, cause?: unknown) =>
		new UserError(`the credential plugin ${command || '(none)'} of ${plugin.who} ${what}`, {
			remedy: textOrUndefined(field(plugin.exec, 'installHint')) ?? `Run it by hand, or log in again: ${command}`,
			cause,
		});
	if (command === '' || !/^client\.authentication\.k8s\.io\/v1(beta1)?$/.test(apiVersion)) {
		throw fail(
			`has ${command === '' ? 'no command' : `apiVersion ${apiVersion || '(none)'}, where client.authentication.k8s.io/v1 or v1beta1 was expected`}`,
		);
	}

	const isInteractive = interactive(plugin, fail);
	const args = asList(field(plugin.exec, 'args')).map(asText);
	const info = execInfo(plugin, apiVersion, isInteractive);
	const text = await output(plugin, {command, args, isInteractive, info, fail, signal});
	return readCredential(text, apiVersion, plugin.headers, fail);
}

type Fail = (what: string, cause?: unknown) => UserError;

function interactive({exec, isInteractive = isatty(0)}: ExecPlugin, fail: Fail): boolean {
	const mode = asText(field(exec, 'interactiveMode')) || 'IfAvailable';
	if (mode === 'Always' && !isInteractive) {
		throw fail('has to ask something (interactiveMode: Always), but standard input is no terminal');
	}

	return mode !== 'Never' && isInteractive;
}

/** What the plugin is told in KUBERNETES_EXEC_INFO (kubernetes/client-go, pkg/apis/clientauthentication/v1/types.go). */
function execInfo({exec, cluster, authority}: ExecPlugin, apiVersion: string, isInteractive: boolean): string {
	const told = {
		server: cluster['server'],
		'tls-server-name': cluster['tls-server-name'],
		'insecure-skip-tls-verify': cluster['insecure-skip-tls-verify'],
		'certificate-authority-data': authority,
		'proxy-url': cluster['proxy-url'],
		'disable-compression': cluster['disable-compression'],
		config: execExtension(cluster),
	};
	const spec = {interactive: isInteractive, ...(field(exec, 'provideClusterInfo') === true && {cluster: told})};
	return JSON.stringify({kind: 'ExecCredential', apiVersion, spec});
}

type Run = {
	readonly command: string;
	readonly args: readonly string[];
	readonly isInteractive: boolean;
	readonly info: string;
	readonly fail: Fail;
	readonly signal: AbortSignal;
};

/** What the command wrote on its standard output. */
async function output({exec, env, stderr}: ExecPlugin, {command, args, isInteractive, info, fail, signal}: Run): Promise<string> {
	const added = asList(field(exec, 'env')).map((entry): [string, string] => [
		asText(field(entry, 'name')),
		asText(field(entry, 'value')),
	]);
	const child = spawn(command, args, {
		env: {...env, ...Object.fromEntries(added), KUBERNETES_EXEC_INFO: info},
		stdio: [isInteractive ? 'inherit' : 'ignore', 'pipe', isInteractive ? 'inherit' : 'pipe'],
		signal,
	});
	child.stderr?.setEncoding('utf8').on('data', (text: string) => stderr.write(text));
	return new Promise((resolve, reject) => {
		const chunks: Buffer[] = [];
		let size = 0;
		child.stdout?.on('data', (chunk: Buffer) => {
			size += chunk.length;
			chunks.push(chunk);
			if (size > largestAnswer) {
				child.kill();
				// Whatever it started may write on: nobody reads it.
				child.stdout?.destroy();
			}
		});
		child.on('error', error => {
			if (signal.aborted) {
				// Whatever it started may write on: nobody reads it.
				child.stdout?.destroy();
				child.stderr?.destroy();
				reject(signal.reason as Error);
				return;
			}

			// EACCES too where a directory of PATH may not be looked into, whether or not it is there; of a path it is the file itself.
			const isMissing = codeOf(error) === 'ENOENT' || (codeOf(error) === 'EACCES' && !command.includes('/'));
			reject(fail(isMissing ? 'is not installed, or not on PATH' : `could not be started: ${messageOf(error)}`, error));
		});
		child.on('close', (code, by) => {
			if (code === 0 && size <= largestAnswer) {
				resolve(Buffer.concat(chunks).toString());
				return;
			}

			reject(
				fail(
					size > largestAnswer
						? 'answered more than 1 MiB'
						: code === null
							? `was ended by ${by}`
							: `failed with exit code ${code}`,
				),
			);
		});
	});
}

function readCredential(text: string, apiVersion: string, headers: Credential['headers'], fail: Fail): Held {
	let answer: unknown;
	try {
		answer = JSON.parse(text);
	} catch (error) {
		throw fail('answered something else than JSON', error);
	}

	if (field(answer, 'kind') !== 'ExecCredential' || field(answer, 'apiVersion') !== apiVersion) {
		throw fail(`answered no ExecCredential of ${apiVersion}`);
	}

	const status = field(answer, 'status');
	const token = asText(field(status, 'token'));
	const cert = asText(field(status, 'clientCertificateData'));
	const key = asText(field(status, 'clientKeyData'));
	if (token === '' && (cert === '' || key === '')) {
		throw fail('answered neither a token nor a certificate with its key');
	}

	const expires = Date.parse(asText(field(status, 'expirationTimestamp')));
	return {
		expires: Number.isNaN(expires) ? Number.POSITIVE_INFINITY : expires,
		credential: {
			headers: {...headers, ...(token !== '' && {authorization: `Bearer ${token}`})},
			...(cert !== '' && key !== '' && {cert, key}),
		},
	};
}
