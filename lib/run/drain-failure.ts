import type {DrainOutcome} from '../drain/outcome.ts';
import {exitCode, UserError} from '../errors.ts';

/** Why a run ends with its drain. The pods are told of by the event that comes with it. */
export function drainFailure(node: string, outcome: Exclude<DrainOutcome, {readonly kind: 'drained'}>): UserError {
	if (outcome.kind === 'refused') {
		return new UserError(`node/${node} cannot be drained as asked, and no pod was evicted`, {
			exitCode: exitCode.blocked,
			remedy: 'The flags that are named above say that such pods may go; they mean what they mean to kubectl drain.',
		});
	}

	const left = outcome.failed.length + outcome.pending.length;
	const remedies = outcome.failed.flatMap(({remedy}) => (remedy === undefined ? [] : [remedy]));
	return new UserError(`node/${node} is not drained: ${left} ${left === 1 ? 'pod is' : 'pods are'} left, named above`, {
		exitCode: exitCode.blocked,
		remedy: [...new Set([...remedies, 'Make room for them, or allow more time with --timeout, and begin again.'])].join('\n'),
	});
}
