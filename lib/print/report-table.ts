import type {NodeReport} from '../check/report.ts';
import {specVersions} from '../cni/spec-version.ts';
import {isUnknown, type Known} from '../facts/unknown.ts';
import type {Palette} from './colour.ts';
import {colourOf} from './findings.ts';
import {type Cell, formatTable} from './table.ts';

/** kubectl's words for what is not there and for what nobody could say. */
const [none, unknown] = ['<none>', '<unknown>'];

type Column = {
	readonly title: string;
	/** Only with `-o wide`. */
	readonly wide?: true;
	readonly cell: (node: NodeReport, palette: Palette) => Cell;
};

/** The columns, in their order. One more is one more row. */
const columns: readonly Column[] = [
	{title: 'NODE', cell: ({name}) => name},
	{title: 'RUNTIME', cell: ({runtime: {name, version}}) => (isUnknown(name) ? unknown : `${name}://${text(version)}`)},
	{title: 'CONFIG', cell: node => fromConfig(node, ({path}) => path.slice(path.lastIndexOf('/') + 1))},
	{title: 'CNI VERSION', cell: node => fromConfig(node, ({cniVersion}) => cniVersion ?? none)},
	{title: 'PLUGINS SUPPORT', cell: ({supports}) => (isUnknown(supports) ? unknown : versionRange(supports))},
	{title: 'VIA', cell: ({via}) => via},
	{title: 'CONFIG PATH', wide: true, cell: node => fromConfig(node, ({path}) => path)},
	{title: 'NETWORK', wide: true, cell: node => fromConfig(node, ({name}) => name ?? none)},
	{title: 'PLUGINS', wide: true, cell: ({plugins}) => (isUnknown(plugins) ? unknown : list(plugins.map(({type}) => type)))},
	{title: 'KUBELET', wide: true, cell: ({kubeletVersion}) => text(kubeletVersion)},
	{title: 'OS IMAGE', wide: true, cell: ({osImage}) => text(osImage)},
	{title: 'PROVIDER', wide: true, cell: ({provider}) => text(provider)},
	{title: 'VERDICT', cell: ({verdict}, palette) => ({text: verdict, paint: colourOf(verdict, palette)})},
];

export type ReportTableOptions = {readonly wide: boolean; readonly head: boolean; readonly palette: Palette};

/** One line a node. */
export function formatReportTable(nodes: readonly NodeReport[], {wide, head, palette}: ReportTableOptions): string {
	const shown = columns.filter(column => wide || column.wide !== true);
	return formatTable({
		head: head ? shown.map(({title}) => title) : undefined,
		rows: nodes.map(node => shown.map(({cell}) => cell(node, palette))),
		maxCellWidth: wide ? 120 : 60,
	});
}

type ActiveConfig = {readonly path: string; readonly name: string | null; readonly cniVersion: string | null};

/** Of the config that the runtime takes for pods. */
function fromConfig({configs}: NodeReport, value: (config: ActiveConfig) => string): string {
	if (isUnknown(configs)) {
		return unknown;
	}

	const active = configs.find(config => config.active);
	return active === undefined ? none : value(active);
}

/** `0.1.0-1.0.0` where no version between is missing, else all of them. */
function versionRange(versions: readonly string[]): string {
	const [first, last] = [versions[0], versions.at(-1)];
	if (first === undefined || last === undefined) {
		return none;
	}

	const known: readonly string[] = specVersions;
	const between = known.slice(known.indexOf(first), known.indexOf(last) + 1);
	const isRange =
		versions.length > 1 && between.length === versions.length && between.every((version, index) => version === versions[index]);
	return isRange ? `${first}-${last}` : versions.join(',');
}

function text(value: Known<string>): string {
	return isUnknown(value) ? unknown : value;
}

function list(words: readonly string[]): string {
	return words.length === 0 ? none : words.join(',');
}
