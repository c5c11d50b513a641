import {isNarrow, matchingPatterns} from '../patterns.ts';
import type {Statement} from './files.ts';
import {judgeCriteria, type MatchContext} from './match.ts';
import type {HostOptions} from './options.ts';
import {isIgnored, refuseUnknown} from './unknown.ts';

/** One reading of the files for one host. OpenSSH reads them again where `Match final` or CanonicalizeHostname ask for it. */
export type Pass = {
	/** What Host lines are held against: the alias, and in the final pass the name that it stands for. */
	readonly host: string;
	readonly alias: string;
	readonly localUser: string;
	readonly isFinal: boolean;
	readonly options: HostOptions;
	/** HostName so far, with `%h` in it replaced. */
	readonly currentHost: () => string;
	isConfigured: boolean;
	wantsFinal: boolean;
};

/** Sets the options of the lines that apply, from top to bottom. Throws UserError at a keyword that nobody knows. */
export function applyFile(statements: readonly Statement[], pass: Pass, isIncluded: boolean): void {
	let isActive = isIncluded;
	for (const statement of statements) {
		switch (statement.type) {
			case 'host':
				isActive = isIncluded && appliesToHost(statement.patterns, pass);
				break;
			case 'match':
				isActive = appliesToMatch(statement, pass) && isIncluded;
				break;
			case 'include':
				for (const file of statement.files) {
					applyFile(file, pass, isActive);
				}

				break;
			case 'set':
				if (isActive) {
					statement.set(pass.options);
				}

				break;
			case 'unknown':
				if (!isIgnored(statement.keyword, pass.options.ignoreUnknown)) {
					refuseUnknown(statement.at, statement.keyword);
				}
		}
	}
}

function appliesToHost(patterns: readonly string[], pass: Pass): boolean {
	const matching = matchingPatterns(pass.host, patterns);
	pass.isConfigured ||= matching.some(isNarrow);
	return matching.length > 0;
}

function appliesToMatch({criteria}: Statement & {type: 'match'}, pass: Pass): boolean {
	const {alias, localUser, isFinal, options} = pass;
	pass.wantsFinal ||= criteria.some(({name, isNegated}) => name === 'final' && !isNegated);
	const context: MatchContext = {host: pass.currentHost(), originalHost: alias, localUser, isFinalPass: isFinal, options};
	const {applies, isNarrow: isNamed} = judgeCriteria(criteria, context);
	pass.isConfigured ||= isNamed;
	return applies;
}
