import type {DrainFlags} from '../drain/filters.ts';

/** What a run was told on its command line and a resume from another machine has to know: it travels with the plan. */
export type RunSettings = {
	readonly drain: DrainFlags;
	/** Leave the node cordoned where the run fails before the node was changed. */
	readonly keepCordoned: boolean;
	readonly controlPlane: boolean;
	/** Whether the node was Ready when the plan was made: to be as it was may mean that it is not. */
	readonly wasReady: boolean;
	/** NAMESPACE/NAME of DaemonSets whose pod on the node was not Ready when the plan was made. */
	readonly failingDaemonSets: readonly string[];
	/** Of the pods of ours. */
	readonly namespace: string;
	readonly image: string | undefined;
	readonly pullSecret: string | undefined;
};

/** One word of the plan as data. */
export function packSettings(settings: RunSettings): string {
	return Buffer.from(JSON.stringify(settings)).toString('base64url');
}

/** Undefined for what no release of ours has written. */
export function unpackSettings(word: string | undefined): RunSettings | undefined {
	try {
		const value = JSON.parse(Buffer.from(word ?? '', 'base64url').toString('utf8')) as Partial<RunSettings>;
		const {drain, namespace} = value;
		const isWhole =
			typeof namespace === 'string' &&
			typeof drain?.timeout === 'number' &&
			typeof drain.gracePeriodSeconds === 'number' &&
			['force', 'ignoreDaemonSets', 'deleteEmptyDirData', 'disableEviction'].every(
				key => typeof drain[key as keyof DrainFlags] === 'boolean',
			);
		return isWhole
			? {
					drain,
					namespace,
					keepCordoned: value.keepCordoned === true,
					controlPlane: value.controlPlane === true,
					wasReady: value.wasReady !== false,
					failingDaemonSets: Array.isArray(value.failingDaemonSets)
						? value.failingDaemonSets.filter(name => typeof name === 'string')
						: [],
					image: typeof value.image === 'string' ? value.image : undefined,
					pullSecret: typeof value.pullSecret === 'string' ? value.pullSecret : undefined,
				}
			: undefined;
	} catch {
		return undefined;
	}
}
