import {Document, isScalar, parse, visit} from 'yaml';

/**
YAML with every string on its line; strings for which `isPlain` says no, keys included, are double-quoted. A lone surrogate, which
YAML cannot carry, becomes U+FFFD.
*/
export function writeYaml(value: unknown, isPlain: (text: string) => boolean): string {
	const document = new Document(value, {aliasDuplicateObjects: false});
	visit(document, {
		Scalar(_, scalar) {
			if (isScalar(scalar) && typeof scalar.value === 'string' && !isPlain(scalar.value)) {
				scalar.value = scalar.value.toWellFormed();
				scalar.type = 'QUOTE_DOUBLE';
			}
		},
	});
	return document.toString({lineWidth: 0});
}

/** One YAML document, or JSON, as plain values. Throws with line and column at what is none, and at aliases that multiply. */
export function readYaml(text: string): unknown {
	return parse(text, {maxAliasCount: 100, logLevel: 'error'}) as unknown;
}
