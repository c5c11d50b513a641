import {writeYaml} from '../yaml.ts';
import {escapeYaml, isHarmless} from './escape.ts';

/** YAML for programs, as harmless on a terminal as `formatJson`: a value that could act on one is quoted and escaped. */
export function formatYaml(value: unknown): string {
	return escapeYaml(writeYaml(value, text => text.split('\n').every(isHarmless)));
}

/** Several documents, as `kubectl apply -f -` reads them. */
export function formatYamlDocuments(values: readonly unknown[]): string {
	return values.map(formatYaml).join('---\n');
}
