import {catalog} from '../lib/check/catalog.ts';
import {exitCode} from '../lib/errors.ts';
import {formatCatalog, formatExplanation} from '../lib/print/explanation.ts';
import {defineCommand} from './command.ts';
import {didYouMean, usageError} from './usage-error.ts';

export const explain = defineCommand({
	description: `Says what a check means, why it matters and what to do when it finds something. Without a name it lists every check.
It asks no cluster and works offline.`,
	examples: [
		{comment: 'Every check', command: 'kubectl cni-upgrade explain'},
		{comment: 'One of them', command: 'kubectl cni-upgrade explain plugin-supports-config'},
	],
	operands: {usage: '[CHECK]', min: 0, max: 1, complete: 'check'},
	options: {},
	async run({operands: [id]}, {stdout}) {
		if (id === undefined) {
			stdout.write(formatCatalog(catalog));
			return exitCode.ok;
		}

		const check = catalog.find(check => check.id === id);
		if (check === undefined) {
			throw unknownCheck(id, 'explain');
		}

		stdout.write(formatExplanation(check));
		return exitCode.ok;
	},
});

/** A usage error for a name that is no check's. */
export function unknownCheck(id: string, command: string) {
	const nearest = didYouMean(
		id,
		catalog.map(check => check.id),
	);
	return usageError(`there is no check "${id}"`, command, nearest ?? '"kubectl cni-upgrade explain" lists them all.');
}
