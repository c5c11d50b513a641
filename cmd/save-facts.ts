import {createWriteStream} from 'node:fs';
import {access, constants, rename, rm, stat} from 'node:fs/promises';
import {dirname, resolve} from 'node:path';
import {pipeline} from 'node:stream/promises';
import {messageOf, UserError} from '../lib/errors.ts';
import type {NodeFacts} from '../lib/facts/node-facts.ts';
import {savedFactsText} from '../lib/facts/saved.ts';

/** Throws a `UserError` where a file could not be written there: better before the nodes are asked than after. */
export async function checkSavePath(path: string): Promise<void> {
	const dir = dirname(resolve(path));
	await access(dir, constants.W_OK).catch((error: unknown) => {
		throw cannotSave(path, error);
	});
	const found = await stat(path).catch(() => undefined);
	if (found !== undefined && !found.isFile()) {
		throw new UserError(`file/${path} cannot be written: it is there and no regular file`);
	}
}

/** Writes the facts whole or not at all, readable by this user only: they name what runs on every node. */
export async function saveFacts(path: string, facts: readonly NodeFacts[]): Promise<void> {
	const temporary = `${path}.${process.pid}.tmp`;
	try {
		await pipeline(savedFactsText(facts), createWriteStream(temporary, {mode: 0o600, flags: 'wx', flush: true}));
		await rename(temporary, path);
	} catch (error) {
		if ((error as NodeJS.ErrnoException).code !== 'EEXIST') {
			await rm(temporary, {force: true});
		}

		throw cannotSave(path, error);
	}
}

function cannotSave(path: string, error: unknown): UserError {
	return new UserError(`file/${path} cannot be written: ${messageOf(error)}`, {cause: error});
}
