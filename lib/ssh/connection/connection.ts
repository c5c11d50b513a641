import ssh2, {type SignCallback, type SigningRequestOptions} from 'ssh2';
import type {Clock} from '../../clock.ts';
import {messageOf} from '../../errors.ts';
import type {PrivateKey} from '../keys/key-file.ts';
import type {KeyOffers, UsableIdentity} from '../keys/key-offers.ts';
import {Attempt} from './attempt.ts';
import type {SshConnection, SshEndpoint} from './endpoint.ts';
import {logIn} from './log-in.ts';
import {OpenConnection} from './open-connection.ts';
import {openStream} from './open-stream.ts';

export type ConnectOptions = {
	/** The connection to the last jump host. */
	readonly via?: SshConnection | undefined;
	/** Milliseconds for all that the server does: TCP connection, banner, key exchange, login. */
	readonly connectTimeout: number;
	readonly signal: AbortSignal;
	readonly clock: Clock;
	/** Milliseconds between questions whether the server still lives; after three without an answer it is lost. */
	readonly keepaliveInterval?: number;
};

/** With three answers missing, a dead connection is noticed after 40 s. */
const keepaliveInterval = 10_000;
const keepaliveCountMax = 3;

/**
One SSH connection, logged in with a public key. Before the host key is verified nothing is sent that an impostor could use;
agents are not forwarded; passwords are not supported. Rejects with `SshError`.
*/
export async function connectSsh(endpoint: SshEndpoint, options: ConnectOptions): Promise<SshConnection> {
	using attempt = new Attempt(endpoint, options);
	const stream = await openStream(endpoint, options.via, attempt);
	const client = new ssh2.Client();
	client.on('error', () => undefined); // So that one that comes late is never an uncaught exception.
	try {
		await logIn(client, stream, endpoint, attempt, {
			keepalive: {keepaliveInterval: options.keepaliveInterval ?? keepaliveInterval, keepaliveCountMax},
			asAgent: (identity, offers) => new OneKey(identity, offers, attempt),
		});
		return new OpenConnection(client, stream, attempt.where, options.clock);
	} catch (error) {
		stream.destroy();
		throw error;
	}
}

/** The private key in OpenSSH's or PEM format; throws where it is none, or encrypted with another passphrase. */
export function parsePrivateKey(text: string, passphrase: string | undefined): PrivateKey {
	const parsed = ssh2.utils.parseKey(text, passphrase);
	if (parsed instanceof Error) {
		throw parsed;
	}

	if (!parsed.isPrivateKey()) {
		throw new Error('this is not a private key');
	}

	return {
		publicKey: parsed.getPublicSSH(),
		sign(data, hash) {
			const signature: Buffer | Error = parsed.sign(data, hash);
			if (signature instanceof Error) {
				throw signature;
			}

			return signature;
		},
	};
}

/** As an agent with one key, which is how ssh2 signs only what the server has accepted, and waits for the signature. */
class OneKey extends ssh2.BaseAgent<Buffer> {
	readonly #identity: UsableIdentity;
	readonly #offers: KeyOffers;
	readonly #attempt: Attempt;

	constructor(identity: UsableIdentity, offers: KeyOffers, attempt: Attempt) {
		super();
		this.#identity = identity;
		this.#offers = offers;
		this.#attempt = attempt;
	}

	getIdentities(done: (error: undefined, keys: Buffer[]) => void): void {
		done(undefined, [this.#identity.publicKey]);
	}

	sign(_key: Buffer, data: Buffer, options: SigningRequestOptions | SignCallback, done?: SignCallback): void {
		const {hash, back} = typeof options === 'function' ? {hash: undefined, back: options} : {hash: options.hash, back: done};
		const answer = (error: Error | undefined, signature?: Buffer) => {
			if (!this.#attempt.isOver) {
				back?.(error, signature);
			}
		};
		this.#offers
			.sign(this.#identity, data, hash)
			.then(
				signature => answer(undefined, signature),
				(error: unknown) => answer(error instanceof Error ? error : new Error(messageOf(error))),
			)
			// ssh2 threw: it could not make sense of the signature.
			.catch((error: unknown) => this.#attempt.fail(this.#attempt.error(messageOf(error), {cause: error})));
	}
}
