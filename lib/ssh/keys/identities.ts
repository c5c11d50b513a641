import {messageOf} from '../../errors.ts';
import {type AgentKey, listAgentKeys, signWithAgent} from './agent.ts';
import {type KeyFile, type ParsePrivateKey, type PrivateKey, parsePrivateKey, readKeyFile} from './key-file.ts';
import {keyTypeOf} from './wire.ts';

/** A key to log in with, or one that was passed over, and why. */
export type Identity =
	| {
			/** For people: where the key is. */
			readonly name: string;
			readonly publicKey: Buffer;
			/** Called once the server takes the public key; may ask for a passphrase. The hash is for RSA only. */
			readonly sign: (data: Buffer, hash: 'sha256' | 'sha512' | undefined) => Promise<Buffer>;
	  }
	| {readonly name: string /** A phrase that follows the name. */; readonly unusable: string};

export type IdentitySettings = {
	/** The socket of the agent: IdentityAgent, or else SSH_AUTH_SOCK. */
	readonly agent: string | undefined;
	/** Absolute paths, in the order of IdentityFile. */
	readonly files: readonly string[];
	/** No other key of the agent than those of the files. */
	readonly identitiesOnly: boolean;
};

/** Asks a person; undefined where there is none to ask, or no answer. */
export type Ask = (question: string) => Promise<string | undefined>;

/** ssh2 can sign with these; not with FIDO keys (sk-...) or certificates, and nobody should with DSA. */
const supportedTypes = ['ssh-ed25519', 'ecdsa-sha2-nistp256', 'ecdsa-sha2-nistp384', 'ecdsa-sha2-nistp521', 'ssh-rsa'];

/** The keys of one run: each file is read once, each agent listed once and each passphrase asked once, however many connect. */
export class IdentityStore {
	readonly #ask: Ask;
	readonly #parse: ParsePrivateKey;
	readonly #files = new Map<string, Promise<KeyFile>>();
	readonly #agents = new Map<string, Promise<readonly AgentKey[]>>();
	readonly #unlocked = new Map<string, Promise<PrivateKey>>();
	#lastQuestion: Promise<unknown> = Promise.resolve();

	constructor(ask: Ask, parse: ParsePrivateKey) {
		this.#ask = ask;
		this.#parse = parse;
	}

	/**
	In OpenSSH's order (sshconnect2.c, `pubkey_prepare`): the agent's keys that are also named as files, its others, then the
	files that it does not hold. No key comes twice.
	*/
	async *identities({agent, files, identitiesOnly}: IdentitySettings): AsyncGenerator<Identity> {
		const named = await Promise.all(files.map(path => once(this.#files, path, () => readKeyFile(path, this.#parse))));
		const isNamed = ({publicKey}: AgentKey) => named.some(file => file.publicKey?.equals(publicKey));
		let held: readonly AgentKey[] = [];
		if (agent !== undefined) {
			try {
				held = await once(this.#agents, agent, () => listAgentKeys(agent));
			} catch (error) {
				yield {name: `the agent at ${agent}`, unusable: `cannot be asked: ${messageOf(error)}`};
			}

			for (const key of [...held.filter(isNamed), ...(identitiesOnly ? [] : held.filter(key => !isNamed(key)))]) {
				yield checked(agentIdentity(agent, key));
			}
		}

		const done = held.map(({publicKey}) => publicKey);
		for (const file of named) {
			if (file.publicKey === undefined || !done.some(key => file.publicKey?.equals(key))) {
				yield checked(await this.#fileIdentity(file));
			}

			done.push(...(file.publicKey === undefined ? [] : [file.publicKey]));
		}
	}

	async #fileIdentity(file: KeyFile): Promise<Identity> {
		const name = `key file ${file.path}`;
		if (file.unusable !== undefined) {
			return {name, unusable: file.unusable};
		}

		try {
			const publicKey = file.publicKey ?? (await this.#unlock(file)).publicKey;
			return {name, publicKey, sign: async (data, hash) => (await this.#unlock(file)).sign(data, hash)};
		} catch (error) {
			return {name, unusable: messageOf(error)};
		}
	}

	#unlock(file: KeyFile): Promise<PrivateKey> {
		return once(this.#unlocked, file.path, async () => {
			const key = file.encrypted ? await this.#decrypt(file) : parsePrivateKey(file.text, undefined, this.#parse);
			if (file.publicKey !== undefined && !key.publicKey.equals(file.publicKey)) {
				throw new Error(`does not belong to ${file.path}.pub`);
			}

			return key;
		});
	}

	async #decrypt(file: KeyFile): Promise<PrivateKey> {
		// One question at a time.
		const answer = this.#lastQuestion.then(() => this.#ask(`Enter passphrase for key '${file.path}'`));
		this.#lastQuestion = answer.catch(() => undefined);
		const passphrase = await answer;
		if (passphrase === undefined || passphrase === '') {
			throw new Error('is encrypted, and no passphrase was given (ssh-add takes it once for all)');
		}

		try {
			return parsePrivateKey(file.text, passphrase, this.#parse);
		} catch (error) {
			throw new Error('is encrypted, and the passphrase did not open it', {cause: error});
		}
	}
}

function agentIdentity(agent: string, {publicKey, comment}: AgentKey): Identity {
	const name = `agent key ${JSON.stringify(comment)} (${keyTypeOf(publicKey) ?? 'no type'})`;
	return {name, publicKey, sign: (data, hash) => signWithAgent(agent, publicKey, data, hash)};
}

function checked(identity: Identity): Identity {
	const type = 'unusable' in identity ? undefined : keyTypeOf(identity.publicKey);
	return 'unusable' in identity || supportedTypes.includes(type ?? '')
		? identity
		: {name: identity.name, unusable: `is of type ${type ?? 'unknown'}, which is not supported here`};
}

/** What was made for this key before, or is being made now. */
function once<T>(made: Map<string, Promise<T>>, key: string, make: () => Promise<T>): Promise<T> {
	const promise = made.get(key) ?? make();
	made.set(key, promise);
	return promise;
}
