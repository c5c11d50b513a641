import {exitCode, UserError} from '../lib/errors.ts';

/** A refusal names the role of preflight, whose requests most refusals are about; a command that has a role of its own names that. */
export function withOwnRole(error: unknown, command: 'node' | 'cleanup'): unknown {
	return error instanceof UserError && error.exitCode === exitCode.blocked && error.remedy?.includes('rbac preflight') === true
		? new UserError(error.message, {
				remedy: error.remedy.replaceAll('rbac preflight', `rbac ${command}`),
				exitCode: error.exitCode,
				cause: error,
			})
		: error;
}
