import {usageError} from './usage-error.ts';

/**
Names from the command line that go into API paths, pod specs and commands shown to people: each by its own grammar, before it is used.
Nothing with `/`, `..`, a leading dash or a metacharacter gets further.
*/
const grammars = {
	// RFC 1123 subdomain: apimachinery's IsDNS1123Subdomain.
	node: {pattern: /^(?=.{1,253}$)[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/, what: 'a node name'},
	object: {
		pattern: /^(?=.{1,253}$)[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/,
		what: 'the name of an object',
	},
	// RFC 1123 label.
	namespace: {pattern: /^(?=.{1,63}$)[a-z0-9]([-a-z0-9]*[a-z0-9])?$/, what: 'a namespace'},
	login: {pattern: /^(?=.{1,64}$)[A-Za-z0-9_][\w.@+-]*\$?$/, what: 'a user to log in as'},
	// distribution's reference grammar, a little wider: REGISTRY[:PORT]/PATH[:TAG][@DIGEST].
	image: {
		pattern: /^(?=.{1,512}$)[A-Za-z0-9][\w.-]*(:\d+)?(\/[a-z0-9][\w.-]*)*(:[\w][\w.-]{0,127})?(@sha256:[0-9a-f]{64})?$/,
		what: 'an image',
	},
} as const;

/** The text itself; a usage error where it is no such name. */
export function checked(text: string, kind: keyof typeof grammars, command: string): string {
	const {pattern, what} = grammars[kind];
	if (!pattern.test(text)) {
		throw usageError(`"${text}" is not ${what}`, command);
	}

	return text;
}
