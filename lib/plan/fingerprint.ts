import {isUnknown, type Known} from '../facts/unknown.ts';
import type {PlanInput} from './input.ts';

/** Every fact that a plan rests on, a line each, in an order of its own: two texts are equal where all of these are. */
export function fingerprintOf({facts, edits, packages, host}: PlanInput): string {
	const {node, runtime, configFiles, plugins} = facts;
	const lines = [
		`node ${node.name} ${said(node.uid)} ${said(node.arch)} ${said(node.provider)} ${said(node.kubeletVersion)}`,
		`runtime ${said(runtime.name)} ${said(runtime.version)} ${said(runtime.confDirs)} ${said(runtime.binDirs)}`,
		...(isUnknown(configFiles)
			? [`configs ${said(configFiles)}`]
			: configFiles.filter(({content}) => content !== undefined).map(({path, sha256}) => `config ${said(path)} ${said(sha256)}`)),
		...(isUnknown(plugins)
			? [`plugins ${said(plugins)}`]
			: plugins.map(({type, path, sha256}) => `plugin ${said(type)} ${said(path)} ${said(sha256)}`)),
		...edits.map(
			edit => `edit ${said(edit.path)} ${edit.version} ${'refused' in edit ? 'refused' : `${edit.oldSha256} ${edit.newSha256}`}`,
		),
		...(packages?.packages ?? []).map(({name, installed}) => `package ${said(name)} ${said(installed)}`),
		...(packages?.changes ?? []).map(({name, from, to}) => `change ${said(name)} ${said(from)} ${said(to)}`),
		...(host.binaries ?? []).map(({dir, name, sha256}) => `file ${said(dir)} ${said(name)} ${sha256}`),
		`crictl ${said(host.crictl)}`,
	];
	return lines.toSorted((a, b) => (a < b ? -1 : a > b ? 1 : 0)).join('\n');
}

/** As JSON, so that no value can stand for two, or for a line. */
function said(value: Known<string | null | readonly string[]>): string {
	return JSON.stringify(isUnknown(value) ? {unknown: true} : value);
}
