import {exitCode, UserError} from '../errors.ts';
import {asList, asObject, asText, field, textOrUndefined} from './json.ts';

/** Characters; the longest refusals in earnest are those of admission, which list every field. */
const longestMessage = 4_000;

/** The API server's own refusal: a `Status` object, or whatever came in its place. The message is the server's, unchanged. */
export class ApiError extends UserError {
	readonly status: number;
	/** Such as `AlreadyExists`; empty where the server gave none. */
	readonly reason: string;
	readonly causes: readonly StatusCause[];
	/** Milliseconds after which the server wants to be asked again. */
	readonly retryAfter: number | undefined;

	constructor(answer: FailedAnswer) {
		const status = asObject(answer.json);
		const text =
			textOrUndefined(status['message']) ?? textOrUndefined(answer.text.slice(0, 300).trim()) ?? `HTTP ${answer.status}`;
		super(text.length > longestMessage ? `${text.slice(0, longestMessage)}…` : text, {
			remedy: `${answer.server} answered ${answer.status} to ${answer.method} ${answer.path}.`,
		});
		this.status = answer.status;
		this.reason = asText(status['reason']);
		this.causes = asList(field(status, 'details', 'causes')).map(cause => ({
			reason: asText(field(cause, 'reason')),
			message: asText(field(cause, 'message')),
		}));
		this.retryAfter = retryAfterOf(answer.headers, status);
	}
}

export type StatusCause = {readonly reason: string; readonly message: string};

export type FailedAnswer = {
	readonly server: string;
	readonly method: string;
	readonly path: string;
	readonly status: number;
	readonly headers: Readonly<Record<string, string>>;
	readonly json: unknown;
	readonly text: string;
};

function retryAfterOf(headers: FailedAnswer['headers'], status: unknown): number | undefined {
	const header = headers['retry-after'] ?? '';
	const seconds = /^\d{1,9}$/.test(header) ? Number(header) : field(status, 'details', 'retryAfterSeconds');
	return typeof seconds === 'number' && Number.isFinite(seconds) && seconds >= 0 && (header !== '' || seconds > 0)
		? seconds * 1000
		: undefined;
}

/** RBAC's sentence (kubernetes/apiserver, pkg/endpoints/handlers/responsewriters/errors.go, `forbiddenMessage`, v1.34). */
const cannot =
	/User "([^"]*)" cannot (\S+) (?:resource "([^"]*)" in API group "([^"]*)"(?: in the namespace "([^"]*)")?|path "([^"]*)")/;

/**
A 403 as a `UserError` that names the rule which is missing. Undefined where it is another's refusal than RBAC's, such as a
quota's or an admission policy's.
*/
export function forbidden(error: ApiError, server: string): UserError | undefined {
	const [, user = '', verb = '', resource = '', group = '', namespace, path] = cannot.exec(error.message) ?? [];
	if (error.status !== 403 || verb === '') {
		return undefined;
	}

	if (user === 'system:anonymous') {
		return new UserError(`${server} takes us for nobody (system:anonymous): the credentials were not sent or not accepted`, {
			remedy: 'The user of this context needs a certificate, a token or an exec plugin. Compare: kubectl auth whoami',
			exitCode: exitCode.blocked,
			cause: error,
		});
	}

	const object = path === undefined ? `resource ${group === '' ? resource : `${resource}.${group}`}` : `path ${path}`;
	const where = path === undefined ? (namespace === undefined ? ' in the whole cluster' : ` in namespace ${namespace}`) : '';
	return new UserError(`user ${user} may not ${verb} ${path ?? resource}${where}: ${error.message}`, {
		remedy: `Needs: verb ${verb} on ${object}${where}. The least role: kubectl cni-upgrade rbac preflight`,
		exitCode: exitCode.blocked,
		cause: error,
	});
}

/** A 401 after fresh credentials were tried, where there are any. */
export function unauthorized(error: ApiError, server: string, who: string): UserError {
	return new UserError(`${server} does not accept the credentials of ${who}: ${error.message}`, {
		remedy:
			'They may have expired, or belong to another cluster. Log in again; kubectl auth whoami has to succeed with the same --context and --user.',
		cause: error,
	});
}

/** An answer that no Kubernetes API server gives: what was seen is a phrase. */
export function notAnApiServer(server: string, seen: string): UserError {
	return new UserError(`${server} ${seen}, where the Kubernetes API was expected`, {
		remedy:
			'Check the server URL of the cluster in the kubeconfig (kubectl config view --minify), and any proxy or login page on the way.',
	});
}

export type ConnectionFailure = {
	readonly server: string;
	/** The URL of the proxy on the way, its password left out. */
	readonly proxy: string | undefined;
};

type FailureRow = {
	readonly code: RegExp;
	readonly says: string;
	readonly remedy: string;
};

const checkServer = 'Check the server URL of the cluster: kubectl config view --minify';
const checkAuthority =
	'The kubeconfig needs the certificate authority of this cluster (certificate-authority-data); get a fresh kubeconfig, or name the file with --certificate-authority.';

/** By Node.js' and OpenSSL's error codes. The first match is taken. */
const failures: readonly FailureRow[] = [
	{
		code: /^ECONNREFUSED$/,
		says: 'refused the connection: nothing listens there',
		remedy: `Is the API server up, and is a tunnel or VPN needed? ${checkServer}`,
	},
	{
		code: /^(ENOTFOUND|EAI_\w+)$/,
		says: 'has a name that cannot be resolved',
		remedy: `Is DNS or a VPN needed to reach it? ${checkServer}`,
	},
	{
		code: /^(ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|EHOSTDOWN|EADDRNOTAVAIL)$/,
		says: 'cannot be reached over the network',
		remedy: `Is a VPN, a proxy or a firewall rule needed? ${checkServer}`,
	},
	{
		code: /^(ECONNRESET|EPIPE|ECONNABORTED)$/,
		says: 'closed the connection before it answered',
		remedy: 'It may be restarting, or something on the way cuts connections. Try again.',
	},
	{
		code: /^CERT_HAS_EXPIRED$/,
		says: 'shows a certificate that has expired',
		remedy: "Renew the API server's certificate (kubeadm certs check-expiration), and compare the clock of this machine.",
	},
	{
		code: /^CERT_NOT_YET_VALID$/,
		says: 'shows a certificate that is not valid yet',
		remedy: 'Compare the clocks of this machine and of the API server.',
	},
	{
		code: /^ERR_TLS_CERT_ALTNAME_INVALID$/,
		says: 'shows a certificate for other names than this one',
		remedy: 'Use a server URL that the certificate names, or say which name it has with --tls-server-name.',
	},
	{
		code: /^(UNABLE_TO_\w+|SELF_SIGNED_CERT_IN_CHAIN|DEPTH_ZERO_SELF_SIGNED_CERT|CERT_\w+|INVALID_CA)$/,
		says: 'shows a certificate from an authority that this kubeconfig does not trust',
		remedy: checkAuthority,
	},
	{
		code: /^(ERR_SSL_WRONG_VERSION_NUMBER|ERR_SSL_PACKET_LENGTH_TOO_LONG|ERR_SSL_HTTP_REQUEST)$/,
		says: 'does not speak TLS',
		remedy: `A plain http:// server has to be written so. ${checkServer}`,
	},
	{
		code: /ALERT|^ERR_SSL_/,
		says: 'ended the TLS handshake',
		remedy: 'The client certificate may have expired or belong to another cluster; get a fresh kubeconfig.',
	},
	{code: /^EPROTO$/, says: 'and this client found no common TLS', remedy: checkServer},
	{
		code: /^HPE_/,
		says: 'does not speak HTTP as an API server does',
		remedy: `A https:// server has to be written so. ${checkServer}`,
	},
	{
		code: /^ERR_PROXY_TUNNEL$/,
		says: 'is not reachable through the proxy, which refused',
		remedy: 'Check proxy-url in the kubeconfig, or HTTPS_PROXY and NO_PROXY in the environment.',
	},
];

/** What Node.js threw while a request was sent or its answer read, in words. */
export function connectionError(error: unknown, {server, proxy}: ConnectionFailure): UserError {
	const code = codeOf(error);
	const row = failures.find(row => row.code.test(code));
	const through = proxy === undefined ? '' : ` (through the proxy ${proxy})`;
	const seen = error instanceof Error && error.message !== '' ? error.message : code;
	return new UserError(`${server}${through} ${row?.says ?? 'could not be asked'}: ${seen.trim()}`, {
		remedy: row?.remedy ?? checkServer,
		cause: error,
	});
}

/** The code of a Node.js error, of the first of several attempts where it joins them; else empty. */
export function codeOf(error: unknown): string {
	return asText(field(error, 'code')) || asText((error as {code?: unknown} | null)?.code);
}

export function timedOut(server: string, ms: number, cause?: unknown): UserError {
	return new UserError(`${server} did not answer within ${ms / 1000} s`, {
		remedy: 'It may be overloaded, or something on the way drops packets. Allow more with --request-timeout, or try again.',
		cause,
	});
}
