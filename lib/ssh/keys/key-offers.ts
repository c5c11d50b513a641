import {messageOf} from '../../errors.ts';
import type {Attempt} from '../connection/attempt.ts';
import {quoted, type SshError} from '../errors.ts';
import type {Identity} from './identities.ts';

/** A key that can be offered. */
export type UsableIdentity = Exclude<Identity, {readonly unusable: string}>;

/** sshd hangs up at the sixth failure (MaxAuthTries, sshd_config(5)); the first `none` is not one. */
const mostKeys = 6;

/**
Which key to offer next to a server, and in the end why none was good. Passwords are never offered, not even where the server
asks for them.
*/
export class KeyOffers {
	readonly #attempt: Attempt;
	readonly #user: string;
	readonly #identities: AsyncIterator<Identity>;
	readonly #tried: {readonly name: string; outcome: string}[] = [];
	readonly #passedOver: string[] = [];
	#methods: readonly string[] = [];

	constructor(attempt: Attempt, user: string, identities: AsyncIterable<Identity>) {
		this.#attempt = attempt;
		this.#user = user;
		this.#identities = identities[Symbol.asyncIterator]();
	}

	/** The methods that the server takes, which it says when asked for a login with `none`. */
	set methods(methods: readonly string[]) {
		this.#methods = methods;
	}

	/** The next key; rejects when there is none, or when the server would not look at it. */
	async next(): Promise<UsableIdentity> {
		if (!this.#methods.includes('publickey')) {
			throw this.#failed(`takes no public keys from user ${this.#user}, only ${list(this.#methods)}`);
		}

		if (this.#tried.length >= mostKeys) {
			throw this.#failed(`was offered ${mostKeys} keys, and servers hang up after so many (MaxAuthTries)`);
		}

		for (;;) {
			const {value, done} = await this.#attempt.own(() => this.#identities.next());
			if (done === true) {
				throw this.#failed(
					this.#tried.length === 0 ? 'was offered no key, for there is none' : 'accepts none of the keys offered',
				);
			}

			if (!('unusable' in value)) {
				this.#tried.push({name: value.name, outcome: 'refused'});
				return value;
			}

			this.#passedOver.push(`${value.name} ${value.unusable}`);
		}
	}

	/** The signature of the key that was offered last, which the server took. */
	async sign({sign}: UsableIdentity, data: Buffer, hash: string | undefined): Promise<Buffer> {
		const last = this.#tried.at(-1);
		try {
			if (hash !== undefined && hash !== 'sha256' && hash !== 'sha512') {
				throw new Error(`the server wants an RSA signature with ${hash}, which is not safe`);
			}

			const signature = await this.#attempt.own(() => sign(data, hash));
			this.#note(last, 'known there, yet no login: something else is asked for as well, or the account is locked');
			return signature;
		} catch (error) {
			this.#note(last, `known there, but: ${messageOf(error)}`);
			throw error;
		}
	}

	/** The server hung up: how many keys it had seen is often why. */
	hungUp(seen: string): SshError {
		return this.#failed(`ended the connection during the login of user ${this.#user}: ${seen}`);
	}

	#note(tried: {outcome: string} | undefined, outcome: string): void {
		if (tried !== undefined) {
			tried.outcome = outcome;
		}
	}

	#failed(what: string): SshError {
		const seen = [
			what,
			...this.#tried.map(({name, outcome}) => `tried: ${name} (${outcome})`),
			...this.#passedOver.map(name => `passed over: ${name}`),
		];
		return this.#attempt.error(seen.join('; '), {
			remedy:
				this.#tried.length >= mostKeys - 1
					? 'Name the right key with IdentityFile and IdentitiesOnly yes, so that it is offered first.'
					: `Put a public key of yours into the authorized_keys of user ${this.#user} there, and load the key: ssh-add FILE`,
		});
	}
}

function list(methods: readonly string[]): string {
	return methods.length === 0 ? 'nothing' : methods.map(method => quoted(method).slice(1, -1)).join(', ');
}
