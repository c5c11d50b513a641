import type {SshHostSettings} from '../../lib/ssh/config/ssh-config.ts';
import {blockCases} from './block-cases.ts';
import {optionCases} from './option-cases.ts';
import {syntaxCases} from './syntax-cases.ts';

export type Case = {
	readonly title: string;
	/** The file given with -F; DIR stands for the directory that it is in. */
	readonly config: string;
	/** Files beside it, by name, for Include. */
	readonly files?: Readonly<Record<string, string>>;
	readonly host: string;
	readonly overrides?: {readonly user?: string; readonly port?: number};
	/** What is expected of a user `ops` at home in /home/ops, or the error. */
	readonly expect: Partial<SshHostSettings> | RegExp;
	/** The first release of OpenSSH that does this; earlier ones are not asked. */
	readonly since?: number;
};

/** One rule of ssh_config a row. Each is held against the table, and against `ssh -G -F FILE HOST` where there is an ssh. */
export const cases: readonly Case[] = [...syntaxCases, ...blockCases, ...optionCases];
