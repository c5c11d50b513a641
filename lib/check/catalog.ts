import type {Check} from './check.ts';
import {configChecks} from './config-checks.ts';
import {nodeChecks} from './node-checks.ts';
import {orderChecks} from './order-checks.ts';
import {pluginChecks} from './plugin-checks.ts';
import {runtimeChecks} from './runtime-checks.ts';
import {versionChecks} from './version-checks.ts';

/** Every check, in the order in which findings of one weight are shown: what breaks pods stands first. */
export const catalog: readonly Check[] = [
	...versionChecks,
	...pluginChecks,
	...configChecks,
	...orderChecks,
	...runtimeChecks,
	...nodeChecks,
];
