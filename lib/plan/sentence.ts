import type {Refusal} from './plan.ts';

/** A sentence of the node, `TYPE/name: seen, expected; remedy`, in its parts; what it does not have is filled in. */
export function refusalOf(sentence: string, object: string): Refusal {
	const [, own, rest] = /^([a-z-]+\/\S*?)(?::\s+|\s+)(.+)$/s.exec(sentence) ?? [];
	const text = rest ?? sentence;
	const cut = text.lastIndexOf('; ');
	return {
		object: own ?? object,
		message: cut === -1 ? text : text.slice(0, cut),
		remedy: cut === -1 ? 'Change that on the node, and plan again.' : capital(text.slice(cut + 2)),
	};
}

function capital(text: string): string {
	return text.charAt(0).toUpperCase() + text.slice(1);
}
