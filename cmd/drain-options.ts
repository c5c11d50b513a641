import type {DrainFlags} from '../lib/drain/filters.ts';
import type {Arguments, Option} from './command.ts';

const group = 'Drain, as in kubectl drain';

/** Names, defaults and words of kubectl drain (kubernetes/kubectl:pkg/cmd/drain/drain.go@v0.36.3). */
export const drainOptions = {
	force: {kind: 'boolean', group, summary: 'Continue even if there are pods that do not declare a controller'},
	'ignore-daemonsets': {kind: 'boolean', group, summary: 'Ignore DaemonSet-managed pods'},
	'delete-emptydir-data': {
		kind: 'boolean',
		group,
		summary: 'Continue even if there are pods using emptyDir (local data that will be deleted when the node is drained)',
	},
	'grace-period': {
		kind: 'number',
		negative: true,
		value: 'SECONDS',
		default: '-1',
		group,
		summary:
			'Period of time in seconds given to each pod to terminate gracefully. If negative, the default value specified in the pod will be used',
	},
	timeout: {
		kind: 'duration',
		value: 'DURATION',
		default: '0s',
		group,
		summary: 'The length of time to wait before giving up, zero means infinite',
	},
	'pod-selector': {kind: 'string', value: 'SELECTOR', group, summary: 'Label selector to filter pods on the node'},
	'disable-eviction': {
		kind: 'boolean',
		group,
		summary:
			'Force drain to use delete, even if eviction is supported. This will bypass checking PodDisruptionBudgets, use with caution',
	},
	'skip-wait-for-delete-timeout': {
		kind: 'number',
		value: 'SECONDS',
		default: '0',
		group,
		summary: 'If pod DeletionTimestamp older than N seconds, skip waiting for the pod. Seconds must be greater than 0 to skip',
	},
	'chunk-size': {
		kind: 'number',
		value: 'NUMBER',
		default: '500',
		group,
		summary: 'Return large lists in chunks rather than all at once. Pass 0 to disable',
	},
} as const satisfies Record<string, Option>;

/** The same as values. */
export function drainFlags(args: Arguments<typeof drainOptions>): DrainFlags {
	return {
		force: args.force,
		ignoreDaemonSets: args['ignore-daemonsets'],
		deleteEmptyDirData: args['delete-emptydir-data'],
		gracePeriodSeconds: args['grace-period'],
		timeout: args.timeout,
		podSelector: args['pod-selector'] === '' ? undefined : args['pod-selector'],
		disableEviction: args['disable-eviction'],
		skipWaitForDeleteSeconds: args['skip-wait-for-delete-timeout'],
		chunkSize: args['chunk-size'],
	};
}
