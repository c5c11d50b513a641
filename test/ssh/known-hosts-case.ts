import type {Keys} from './keys.ts';

/** A question to OpenSSH's client and what it decided: OpenSSH 9.2p1, with StrictHostKeyChecking=yes. */
export type Case = {
	readonly title: string;
	readonly name?: string;
	readonly port?: number;
	/** The user's file, and the global one. */
	readonly files: (keys: Keys) => readonly string[];
	/** The key that the client gets: `ed25519`, or the first that it asks for (ed25519, ecdsa, rsa) with what it knows ahead. */
	readonly asks?: 'in its order';
	/** `known`, `unknown`, `revoked`, or `changed FILE:LINE`, where file 0 is the user's. */
	readonly openssh: string;
};

/** One line that the user's file has. */
export const one = (line: (keys: Keys) => string) => (keys: Keys) => [`${line(keys)}\n`];
