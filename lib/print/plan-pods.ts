import type {DrainPreview, PodName} from '../plan/drain-preview.ts';
import {escapeText} from './escape.ts';
import type {TextOptions} from './findings.ts';
import {wrap} from './width.ts';

/** Names that are told; `-o json` has them all. */
const mostNames = 20;

/** Which pods go, which a budget holds now, and which stay and why. */
export function formatPods({evict, stay, blocked}: DrainPreview, {palette, width}: TextOptions): string {
	const held = new Set(blocked.map(({pod}) => nameOf(pod)));
	const going = evict.map(nameOf).filter(name => !held.has(name));
	const byReason = Map.groupBy(stay, ({why}) => why);
	const sections: readonly (readonly [label: string, text: string])[] = [
		['THAT GO', listed(going)],
		[
			'THAT ARE HELD',
			blocked
				.map(({pod, budget, message}) => `${nameOf(pod)}${budget === undefined ? '' : ` by ${budget}`}: ${message}`)
				.join('; '),
		],
		['THAT STAY', [...byReason].map(([why, pods]) => `${listed(pods.map(({pod}) => nameOf(pod)))} (${why})`).join('; ')],
	];
	return sections
		.filter(([, text]) => text !== '')
		.map(([label, text]) => {
			const lines = wrap(escapeText(text), Math.max(40, width - 4)).map((line, index) => `${index === 0 ? '  ' : '    '}${line}`);
			return `${[`${palette.bold('PODS')} ${label}`, ...lines].join('\n')}\n`;
		})
		.join('\n');
}

function nameOf({namespace, name}: PodName): string {
	return `${namespace}/${name}`;
}

function listed(names: readonly string[]): string {
	const rest = names.length - mostNames;
	return rest <= 0 ? names.join(', ') : `${names.slice(0, mostNames).join(', ')} and ${rest} more`;
}
