import type {Duplex} from 'node:stream';
import type {BaseAgent, Client, ClientErrorExtensions} from 'ssh2';
import {messageOf} from '../../errors.ts';
import {oneLine, SshError} from '../errors.ts';
import {KeyOffers, type UsableIdentity} from '../keys/key-offers.ts';
import type {Attempt} from './attempt.ts';
import {bannerWatch} from './banner.ts';
import type {SshEndpoint} from './endpoint.ts';
import {hostKeyAlgorithms, orderHostKeyAlgorithms} from './host-key-types.ts';

type LoginOptions = {
	readonly keepalive: {readonly keepaliveInterval: number; readonly keepaliveCountMax: number};
	readonly asAgent: (identity: UsableIdentity, offers: KeyOffers) => BaseAgent;
};

/** The SSH protocol on this stream, up to a login. */
export async function logIn(
	client: Client,
	stream: Duplex,
	{user, hostKey, identities}: SshEndpoint,
	attempt: Attempt,
	{keepalive, asAgent}: LoginOptions,
): Promise<void> {
	let offers: KeyOffers | undefined;
	let refusal: {readonly error: unknown} | undefined;
	const banner = bannerWatch(attempt);
	await new Promise<void>((resolve, reject) => {
		const ended = (seen: string, cause?: unknown) => {
			if (refusal !== undefined) {
				reject(refusal.error);
			} else if (attempt.stage === 'banner') {
				reject(banner.error(seen, cause));
			} else {
				reject(offers?.hungUp(seen) ?? handshakeError(attempt, seen, cause));
			}
		};
		attempt.signal.addEventListener('abort', () => reject(attempt.signal.reason), {once: true});
		client.on('error', (error: Error & ClientErrorExtensions) => {
			// The agent's kind is about one key; ssh2 goes on with the next.
			if (error.level !== 'agent') {
				ended(oneLine(messageOf(error)), error);
			}
		});
		client.on('end', () => ended('it hung up'));
		client.on('close', () => ended('it hung up'));
		client.on('ready', resolve);
		client.on('handshake', () => {
			attempt.stage = 'authentication';
		});
		attempt.stage = 'banner';
		client.connect({
			sock: stream,
			username: user,
			readyTimeout: 0, // The attempt's signal ends it.
			...keepalive,
			// No compression: it is work, and a way to send much in little.
			algorithms: {serverHostKey: orderHostKeyAlgorithms(hostKey.keyTypes), compress: ['none']},
			hostVerifier(key: Buffer, verdict: (isTrusted: boolean) => void): void {
				attempt
					.own(async () => hostKey.verify(Buffer.from(key)))
					.then(
						() => attempt.isOver || verdict(true),
						(error: unknown) => {
							attempt.stage = 'host-key';
							refusal = {error: error instanceof SshError ? error : attempt.error(messageOf(error), {cause: error})};
							verdict(false);
						},
					);
			},
			authHandler(offered: readonly string[] | null, _isPartial, next) {
				if (offered === null || offers === undefined) {
					offers = new KeyOffers(attempt, user, identities());
					next({type: 'none', username: user});
					return;
				}

				offers.methods = offered;
				void offerNext(offers, attempt, user, asAgent, next).catch(reject);
			},
		});
		stream.on('data', banner.onData);
	});
	stream.off('data', banner.onData);
}

async function offerNext(
	offers: KeyOffers,
	attempt: Attempt,
	user: string,
	asAgent: LoginOptions['asAgent'],
	next: (method: AgentOffer) => void,
): Promise<void> {
	const identity = await offers.next();
	if (!attempt.isOver) {
		next({type: 'agent', username: user, agent: asAgent(identity, offers)});
	}
}

type AgentOffer = {readonly type: 'agent'; readonly username: string; readonly agent: BaseAgent};

function handshakeError(attempt: Attempt, seen: string, cause: unknown): SshError {
	return attempt.error(`ended the key exchange: ${seen}`, {
		remedy: seen.includes('host key format')
			? `It has no host key of a type that is supported here: ${hostKeyAlgorithms.join(', ')}.`
			: 'Compare what this server offers: ssh -vv',
		cause,
	});
}
