import type {KubeObject} from './objects.ts';
import {refuse} from './status.ts';

export type Matcher = (object: KubeObject) => boolean;

/** A matcher for the query's `labelSelector` and `fieldSelector`; undefined where neither is given. Throws 400 as the API server does. */
export function readSelectors(query: URLSearchParams, resource: string): Matcher | undefined {
	const matchers = [
		labelMatcher(query.get('labelSelector') ?? ''),
		fieldMatcher(query.get('fieldSelector') ?? '', resource),
	].flatMap(matcher => matcher ?? []);
	return matchers.length === 0 ? undefined : object => matchers.every(matches => matches(object));
}

type LabelTest = (value: string | undefined) => boolean;

/** The forms of a requirement, tried in order: set based, comparisons, existence. */
const requirementForms: readonly {readonly pattern: RegExp; readonly test: (values: readonly string[]) => LabelTest}[] = [
	{
		pattern: /^(?<key>[^\s!=<>(),]+)\s+in\s*\((?<values>[^()]*)\)$/,
		test: values => value => value !== undefined && values.includes(value),
	},
	{
		pattern: /^(?<key>[^\s!=<>(),]+)\s+notin\s*\((?<values>[^()]*)\)$/,
		test: values => value => value === undefined || !values.includes(value),
	},
	{pattern: /^(?<key>[^\s!=<>(),]+)\s*!=\s*(?<values>[^\s!=<>(),]*)$/, test: values => value => value !== values[0]},
	{pattern: /^(?<key>[^\s!=<>(),]+)\s*==?\s*(?<values>[^\s!=<>(),]*)$/, test: values => value => value === values[0]},
	{
		pattern: /^(?<key>[^\s!=<>(),]+)\s*>\s*(?<values>-?\d+)$/,
		test: values => value => value !== undefined && Number(value) > Number(values[0]),
	},
	{
		pattern: /^(?<key>[^\s!=<>(),]+)\s*<\s*(?<values>-?\d+)$/,
		test: values => value => value !== undefined && Number(value) < Number(values[0]),
	},
	{pattern: /^!\s*(?<key>[^\s!=<>(),]+)$/, test: () => value => value === undefined},
	{pattern: /^(?<key>[^\s!=<>(),]+)$/, test: () => value => value !== undefined},
];

function labelMatcher(selector: string): Matcher | undefined {
	if (selector.trim() === '') {
		return undefined;
	}

	const requirements = splitOutsideParentheses(selector).map(text => {
		for (const {pattern, test} of requirementForms) {
			const groups = pattern.exec(text.trim())?.groups;
			if (groups !== undefined) {
				const values = (groups['values'] ?? '').split(',').map(value => value.trim());
				return {key: groups['key'] ?? '', test: test(values)};
			}
		}

		throw refuse.badRequest(`unable to parse requirement: found '${text.trim()}', expected: a label requirement`);
	});
	return ({metadata: {labels}}) => requirements.every(({key, test}) => test(labels?.[key]));
}

function splitOutsideParentheses(selector: string): string[] {
	const parts = [''];
	let depth = 0;
	for (const character of selector) {
		depth += character === '(' ? 1 : character === ')' ? -1 : 0;
		if (character === ',' && depth === 0) {
			parts.push('');
		} else {
			parts[parts.length - 1] += character;
		}
	}

	return parts;
}

/** The fields that a selector may name, by resource; `*` for all. */
const fields: Readonly<Record<string, Readonly<Record<string, (object: KubeObject) => unknown>>>> = {
	'*': {'metadata.name': ({metadata}) => metadata.name, 'metadata.namespace': ({metadata}) => metadata.namespace ?? ''},
	pods: {
		'spec.nodeName': object => fieldOf(object['spec'], 'nodeName'),
		'status.phase': object => fieldOf(object['status'], 'phase'),
	},
	nodes: {'spec.unschedulable': object => String(fieldOf(object['spec'], 'unschedulable') === true)},
	events: {
		'involvedObject.kind': object => fieldOf(object['involvedObject'], 'kind'),
		'involvedObject.namespace': object => fieldOf(object['involvedObject'], 'namespace'),
		'involvedObject.name': object => fieldOf(object['involvedObject'], 'name'),
		'involvedObject.uid': object => fieldOf(object['involvedObject'], 'uid'),
		reason: object => object['reason'],
		type: object => object['type'],
	},
	namespaces: {'status.phase': object => fieldOf(object['status'], 'phase')},
};

function fieldMatcher(selector: string, resource: string): Matcher | undefined {
	if (selector.trim() === '') {
		return undefined;
	}

	const requirements = selector.split(',').map(text => {
		const groups = /^(?<field>[\w.]+)(?<operator>!=|==?)(?<value>.*)$/.exec(text.trim())?.groups;
		if (groups === undefined) {
			throw refuse.badRequest(`invalid selector: '${text}'; can't understand '${text}'`);
		}

		const {field = '', operator, value} = groups;
		const read = fields['*']?.[field] ?? fields[resource]?.[field];
		if (read === undefined) {
			throw refuse.badRequest(`field label not supported: ${field}`);
		}

		return (object: KubeObject) => ((read(object) ?? '') === value) === (operator !== '!=');
	});
	return object => requirements.every(matches => matches(object));
}

function fieldOf(parent: unknown, field: string): unknown {
	return typeof parent === 'object' && parent !== null ? (parent as Readonly<Record<string, unknown>>)[field] : undefined;
}
