import type {RuntimeRelease} from '../runtime/releases.ts';

/** What a package brings that the plan has to know of. */
export type PackageRow = {
	readonly pattern: RegExp;
	readonly brings: 'runtime' | 'plugins' | 'other';
	readonly runtime?: RuntimeRelease['runtime'];
};

/** The first that matches counts. What has no row brings nothing that matters here. */
const rows: readonly PackageRow[] = [
	{pattern: /^containerd(?:\.io)?$/, brings: 'runtime', runtime: 'containerd'},
	{pattern: /^cri-o(?:-\d+\.\d+)?$/, brings: 'runtime', runtime: 'cri-o'},
	{pattern: /^(?:kubernetes-cni|containernetworking-plugins|cni-plugins)$/, brings: 'plugins'},
];

export function packageRow(name: string): PackageRow {
	return rows.find(({pattern}) => pattern.test(name)) ?? {pattern: /^/, brings: 'other'};
}

/** The version of what is in it: without the epoch of a package's version, `1:1.7.24~ds1-6` is 1.7.24. */
export function upstreamVersion(version: string): string {
	return version.replace(/^\d+:/, '');
}
