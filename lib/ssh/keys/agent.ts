import {once} from 'node:events';
import {connect} from 'node:net';
import {keyTypeOf, WireReader, wireNumber, wireString} from './wire.ts';

/** A key that an agent holds. */
export type AgentKey = {readonly publicKey: Buffer; readonly comment: string};

/** Message numbers and flags of draft-ietf-sshm-ssh-agent, sections 6 and 7. */
const requestIdentities = 11;
const identitiesAnswer = 12;
const signRequest = 13;
const signResponse = 14;
const signatureFlags = {sha256: 2, sha512: 4} as const;

/** OpenSSH's agent sends no longer message (ssh-agent.c, `AGENT_MAX_LEN`). */
const longestAnswer = 256 * 1024;

/** An agent that runs lists its keys at once. */
const listTimeout = 10_000;

/** Someone may have to confirm (`ssh-add -c`), so this one waits for a person. */
const signTimeout = 60_000;

/** The keys that the agent at this socket (or named pipe) holds, in its own order, of whatever type. */
export async function listAgentKeys(socketPath: string): Promise<readonly AgentKey[]> {
	const answer = await ask(socketPath, identitiesAnswer, Buffer.of(requestIdentities), listTimeout);
	const count = answer.number();
	const keys: AgentKey[] = [];
	while (keys.length < count) {
		keys.push({publicKey: Buffer.from(answer.string()), comment: answer.string().toString()});
	}

	return keys;
}

/** The signature of a key that the agent holds, without the algorithm's name around it. */
export async function signWithAgent(
	socketPath: string,
	publicKey: Buffer,
	data: Buffer,
	hash: 'sha256' | 'sha512' | undefined,
): Promise<Buffer> {
	const flags = wireNumber(hash === undefined ? 0 : signatureFlags[hash]);
	const request = Buffer.concat([Buffer.of(signRequest), wireString(publicKey), wireString(data), flags]);
	const answer = await ask(socketPath, signResponse, request, signTimeout);
	const signature = new WireReader(answer.string());
	const algorithm = signature.string().toString('latin1');
	const expected = hash === undefined ? keyTypeOf(publicKey) : `rsa-sha2-${hash.slice(3)}`;
	if (algorithm !== expected) {
		throw new Error(`the agent signed with ${JSON.stringify(algorithm)} where ${expected ?? 'nothing'} was asked for`);
	}

	return signature.string();
}

/** One request, one answer, one connection. */
async function ask(socketPath: string, expected: number, request: Buffer, timeout: number): Promise<WireReader> {
	const socket = connect(socketPath);
	socket.on('error', () => undefined); // After the first, which is thrown below.
	try {
		const signal = AbortSignal.timeout(timeout);
		await once(socket, 'connect', {signal});
		socket.write(wireString(request));
		const answer = await readAnswer(socket, signal);
		const type = answer.byte();
		if (type !== expected) {
			throw new Error('the agent refused');
		}

		return answer;
	} catch (error) {
		if (error instanceof Error && error.name === 'AbortError') {
			throw new Error(`the agent did not answer within ${timeout / 1000} s`, {cause: error});
		}

		throw error;
	} finally {
		socket.destroy();
	}
}

async function readAnswer(socket: NodeJS.ReadableStream, signal: AbortSignal): Promise<WireReader> {
	let seen = Buffer.alloc(0);
	return await new Promise((resolve, reject) => {
		socket.on('data', (chunk: Buffer) => {
			seen = Buffer.concat([seen, chunk]);
			const length = seen.length < 4 ? 0 : seen.readUInt32BE();
			if (length > longestAnswer) {
				reject(new Error('the agent gave an answer that is too long'));
			} else if (seen.length >= 4 && seen.length >= 4 + length) {
				resolve(new WireReader(seen.subarray(4, 4 + length)));
			}
		});
		socket.on('error', reject);
		socket.on('close', () => reject(new Error('the agent hung up')));
		signal.addEventListener('abort', () => reject(new DOMException('too late', 'AbortError')), {once: true});
	});
}
