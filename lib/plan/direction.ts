import {isUnknown, type Known} from '../facts/unknown.ts';
import type {ConfigDecision} from './config-decisions.ts';
import type {Future} from './future.ts';
import type {Refusal} from './plan.ts';

export type Direction = {
	/** `up`: plugins and packages before the config. `down`: the config first. */
	readonly way: 'up' | 'down';
	/** The reason, as a sentence. */
	readonly because: string;
};

/**
The order in which at every instant the config's version is one that every plugin on disk supports, new ones beside old ones. A config that no
plugin supports even now cannot get worse; it is mended by whatever comes first.
*/
export function directionOf(decisions: readonly ConfigDecision[], future: Future): Direction | Refusal | undefined {
	const moves = decisions.flatMap(decision =>
		decision.answer.kind === 'change' && future.changes(decision.types)
			? [moveOf(decision, decision.answer.version, future)]
			: [],
	);
	if (moves.length === 0) {
		return undefined;
	}

	const isLowered = moves.every(({lowers}) => lowers);
	const ways = {
		up: {
			fits: moves.every(({newPluginsTakeOld}) => newPluginsTakeOld),
			because: 'The new plugins support the old version of the config too, so they come first.',
		},
		down: {
			fits: moves.every(({oldPluginsTakeNew}) => oldPluginsTakeNew),
			because: 'The old plugins support the new version of the config too, so the config comes first.',
		},
	};
	const way = (isLowered ? (['down', 'up'] as const) : (['up', 'down'] as const)).find(way => ways[way].fits);
	if (way !== undefined) {
		return {way, because: ways[way].because};
	}

	if (moves.every(({isBroken}) => isBroken)) {
		return {way: 'up', because: 'No order could break what does not work now: the plugins come first.'};
	}

	const [move] = moves.filter(({isBroken}) => !isBroken);
	return {
		object: `file/${move?.path ?? ''}`,
		message: `its version ${move?.from ?? ''} is not supported by the new plugins, and ${move?.to ?? ''} not by the old ones; expected a step that works with both`,
		remedy: `Go by a version that both support: give the config that one first with --cni-version VERSION alone, then run this again.`,
	};
}

type Move = {
	readonly path: string;
	readonly from: string;
	readonly to: string;
	readonly lowers: boolean;
	readonly newPluginsTakeOld: boolean;
	readonly oldPluginsTakeNew: boolean;
	/** Some plugin does not support what the config has now. */
	readonly isBroken: boolean;
};

function moveOf({list, now, types}: ConfigDecision, to: string, future: Future): Move {
	const all = (versions: (type: string) => Known<readonly string[]>, version: string) =>
		types.every(type => {
			const supported = versions(type);
			return !isUnknown(supported) && supported.includes(version);
		});
	return {
		path: list.path,
		from: now,
		to,
		lowers: isLower(to, now),
		newPluginsTakeOld: all(future.after, now),
		oldPluginsTakeNew: all(future.before, to),
		isBroken: !all(future.before, now),
	};
}

function isLower(a: string, b: string): boolean {
	return a.localeCompare(b, 'en', {numeric: true}) < 0;
}
