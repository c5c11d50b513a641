import {Buffer} from 'node:buffer';
import type {Clock} from '../clock.ts';
import {messageOf, UserError} from '../errors.ts';
import type {Credential, Credentials} from './credentials.ts';
import {inCommon} from './in-common.ts';
import {asText, field, type JsonObject, textOrUndefined} from './json.ts';
import {readText} from './read-text.ts';

/** Milliseconds after which token and certificate files are read again: the kubelet and others renew them in place. */
const fileAge = 60_000;

/** What a user's kubeconfig entry holds by itself: a token, a password, a certificate, or the files that hold them. */
export function userCredentials(user: JsonObject, who: string, clock: Clock): Credentials {
	let held: {readonly credential: Credential; readonly at: number} | undefined;
	const read = inCommon(async signal => {
		const fresh = await readUser(user, who, signal);
		const last = held?.credential;
		// The same object while nothing changed: others tell by it whether there is something new.
		const credential = last !== undefined && JSON.stringify(last) === JSON.stringify(fresh) ? last : fresh;
		held = {credential, at: clock.monotonic()};
		return credential;
	});

	return {
		who,
		get: async signal => (held !== undefined && clock.monotonic() - held.at < fileAge ? held.credential : read(signal)),
		async renew(refused, signal) {
			const credential = await read(signal);
			return credential === refused ? undefined : credential;
		},
	};
}

async function readUser(user: JsonObject, who: string, signal: AbortSignal): Promise<Credential> {
	const [authorization, cert, key] = await Promise.all([
		authorizationOf(user, who, signal),
		pemOf(user, 'client-certificate', who, signal),
		pemOf(user, 'client-key', who, signal),
	]);
	if ((cert === undefined) !== (key === undefined)) {
		throw new UserError(
			`${who} has a client ${cert === undefined ? 'key' : 'certificate'} but no client ${cert === undefined ? 'certificate' : 'key'}`,
			{
				remedy: 'The kubeconfig needs both. Compare: kubectl config view --minify',
			},
		);
	}

	return {
		headers: {...impersonation(user), ...(authorization !== undefined && {authorization})},
		...(cert !== undefined && key !== undefined && {cert, key}),
	};
}

async function authorizationOf(user: JsonObject, who: string, signal: AbortSignal): Promise<string | undefined> {
	const file = asText(user['tokenFile']);
	const token = file === '' ? asText(user['token']) : (await readNamed(file, `the token file of ${who}`, signal)).trim();
	if (token !== '') {
		return `Bearer ${token}`;
	}

	const name = asText(user['username']);
	return name === '' ? undefined : `Basic ${Buffer.from(`${name}:${asText(user['password'])}`).toString('base64')}`;
}

/** PEM from KEY-data, in base64, else from the file that KEY names (the order of kubernetes/client-go, rest/config.go). */
export async function pemOf(entry: JsonObject, key: string, who: string, signal: AbortSignal): Promise<string | undefined> {
	const data = asText(entry[`${key}-data`]);
	const file = asText(entry[key]);
	if (data === '' && file === '') {
		return undefined;
	}

	const what = `the ${key.replaceAll('-', ' ')} of ${who}`;
	const pem = data === '' ? await readNamed(file, what, signal) : Buffer.from(data, 'base64').toString();
	if (!pem.includes('-----BEGIN ')) {
		throw new UserError(`${what} is no PEM${data === '' ? `: ${file}` : ' in base64'}`, {
			remedy: 'Get a fresh kubeconfig. Compare: kubectl config view --minify --raw',
		});
	}

	return pem;
}

async function readNamed(file: string, what: string, signal: AbortSignal): Promise<string> {
	try {
		return await readText(file, signal);
	} catch (error) {
		signal.throwIfAborted();
		throw new UserError(`${what} cannot be read: ${messageOf(error)}`, {
			remedy: 'Compare: kubectl config view --minify',
			cause: error,
		});
	}
}

/** Headers that let one user act as another, where the kubeconfig or the flags say so. */
export function impersonation(user: JsonObject): Credential['headers'] {
	const name = asText(user['as']);
	const groups = Array.isArray(user['as-groups']) ? user['as-groups'].map(asText) : [];
	const uid = textOrUndefined(user['as-uid']);
	const extra = Object.entries((field(user, 'as-user-extra') ?? {}) as JsonObject);
	if (name === '') {
		if (groups.length > 0 || uid !== undefined || extra.length > 0) {
			throw new UserError('a group, uid or extra to impersonate without a user to impersonate', {
				remedy: 'Name the user with --as.',
			});
		}

		return {};
	}

	return {
		'impersonate-user': name,
		...(groups.length > 0 && {'impersonate-group': groups}),
		...(uid !== undefined && {'impersonate-uid': uid}),
		...Object.fromEntries(
			extra.map(([key, values]) => [
				`impersonate-extra-${encodeURIComponent(key)}`,
				Array.isArray(values) ? values.map(asText) : [asText(values)],
			]),
		),
	};
}
