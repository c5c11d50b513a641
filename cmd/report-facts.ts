import {catalog} from '../lib/check/catalog.ts';
import {makeReport, type Report} from '../lib/check/report.ts';
import {type ExitCode, exitCode} from '../lib/errors.ts';
import type {NodeFacts} from '../lib/facts/node-facts.ts';
import {paletteFor} from '../lib/print/colour.ts';
import {jsonPieces} from '../lib/print/json.ts';
import {formatReport} from '../lib/print/report.ts';
import {formatYaml} from '../lib/print/yaml.ts';
import type {Arguments} from './command.ts';
import type {Context} from './context.ts';
import {unknownCheck} from './explain.ts';
import type {reportOptions} from './report-options.ts';
import {writePieces} from './write-pieces.ts';

type ReportArguments = Arguments<typeof reportOptions>;

/** Throws a usage error for a check that is none: before anything is asked. */
export function checkChoice({skip, only}: ReportArguments, command: string): void {
	const unknown = [...skip, ...only].find(id => !catalog.some(check => check.id === id));
	if (unknown !== undefined) {
		throw unknownCheck(unknown, command);
	}
}

/** Judges facts, writes the report to stdout and returns the exit code that it stands for. */
export async function reportFacts(
	facts: readonly NodeFacts[],
	args: ReportArguments,
	{stdout, env, signal}: Context,
): Promise<ExitCode> {
	const report = makeReport(facts, {skip: args.skip, only: args.only});
	const pieces = format(report, args, {palette: paletteFor(stdout, env), width: Math.min(stdout.columns ?? 120, 160)});
	await writePieces(stdout, pieces, signal);
	return exitCodeOf(report, args['fail-on']);
}

function format(
	report: Report,
	{output, 'no-headers': noHeaders}: ReportArguments,
	options: {palette: ReturnType<typeof paletteFor>; width: number},
): Iterable<string> {
	if (output === 'json') {
		return jsonPieces(report);
	}

	return [output === 'yaml' ? formatYaml(report) : formatReport(report, {...options, wide: output === 'wide', head: !noHeaders})];
}

/** Errors first, then nodes, or files, of which nothing can be said, then warnings where those count. */
function exitCodeOf({nodes, summary}: Report, failOn: ReportArguments['fail-on']): ExitCode {
	if (failOn === 'never') {
		return exitCode.ok;
	}

	if (summary.findings.error > 0) {
		return exitCode.errors;
	}

	if (nodes.some(({verdict}) => verdict === 'unknown')) {
		return exitCode.failed;
	}

	return failOn === 'warning' && summary.findings.warning > 0 ? exitCode.warnings : exitCode.ok;
}
