import {isNarrow, matchesList, matchingHostPatterns} from '../patterns.ts';
import {type ConfigLine, lowerAscii, refuse} from './lines.ts';
import type {HostOptions} from './options.ts';

/** One condition of a Match line, e.g. `!user root`. */
export type Criterion = {readonly name: string; readonly isNegated: boolean; readonly value: string};

export type MatchContext = {
	/** The name so far: with HostName applied. */
	readonly host: string;
	readonly originalHost: string;
	readonly localUser: string;
	readonly isFinalPass: boolean;
	readonly options: HostOptions;
};

const withValue = ['host', 'originalhost', 'user', 'localuser', 'tagged', 'sessiontype'];

/** These would run a command, look at the network, or hang on what only ssh itself knows: a block with one never applies. */
const unjudged = ['exec', 'localnetwork', 'version', 'command'];

/** Parses the conditions of a Match line. Throws UserError for what OpenSSH refuses. */
export function parseCriteria({args, at}: ConfigLine): readonly Criterion[] {
	const criteria: Criterion[] = [];
	for (let index = 0; index < args.length; index += 1) {
		const [attribute = '', ...values] = (args[index] ?? '').split('=');
		const isNegated = attribute.startsWith('!');
		const name = lowerAscii(isNegated ? attribute.slice(1) : attribute);
		if (['all', 'final', 'canonical'].includes(name) && values.length === 0) {
			criteria.push({name, isNegated, value: ''});
			continue;
		}

		if (!withValue.includes(name) && !unjudged.includes(name)) {
			refuse(at, `Match knows no "${attribute}"`);
		}

		if (values.length === 0) {
			index += 1;
		}

		const value = values.length > 0 ? values.join('=') : args[index];
		if (value === undefined || value.startsWith('#') || (value === '' && name !== 'tagged' && name !== 'command')) {
			refuse(at, `Match ${attribute} has no value`);
		}

		criteria.push({name, isNegated, value});
	}

	checkAll(criteria, at);
	return criteria;
}

/** `all` stands alone or follows one other condition, and is the last. */
function checkAll(criteria: readonly Criterion[], at: string): void {
	const place = criteria.findIndex(({name}) => name === 'all');
	if (place > 1 || (place >= 0 && place < criteria.length - 1)) {
		refuse(at, 'Match all stands alone');
	}

	if (criteria.length === 0) {
		refuse(at, 'Match has no condition');
	}
}

/** The conditions of a block that are never judged here. */
export const unjudgedIn = (criteria: readonly Criterion[]) =>
	criteria.map(({name}) => name).filter(name => unjudged.includes(name));

/** Whether a block applies, and whether it does because a condition on the name says more than `*`. */
export function judgeCriteria(criteria: readonly Criterion[], context: MatchContext): {applies: boolean; isNarrow: boolean} {
	const applies = criteria.every(
		criterion => !unjudged.includes(criterion.name) && holds(criterion, context) !== criterion.isNegated,
	);
	const isNarrowMatch = criteria.some(
		({name, isNegated, value}) =>
			name.endsWith('host') && !isNegated && matchingHostPatterns(hostFor(name, context), value).some(isNarrow),
	);
	return {applies, isNarrow: applies && isNarrowMatch};
}

const hostFor = (name: string, {host, originalHost}: MatchContext) => (name === 'originalhost' ? originalHost : host);

function holds({name, value}: Criterion, context: MatchContext): boolean {
	const {localUser, isFinalPass, options} = context;
	switch (name) {
		case 'all':
			return true;
		case 'final':
		case 'canonical':
			return isFinalPass;
		case 'user':
			return matchesList(options.user ?? localUser, value);
		case 'localuser':
			return matchesList(localUser, value);
		case 'tagged':
			return options.tag === undefined ? value === '' : matchesList(options.tag, value);
		case 'sessiontype':
			return matchesList('exec', value);
		default:
			return matchingHostPatterns(hostFor(name, context), value).length > 0;
	}
}
