import {nodeSteps} from './steps.ts';

const sha256 = /^[0-9a-f]{64}$/;
/** Absolute, and written in one way only. */
const path = /^(?=\/)(?!\/$)(?!.*(?:\/\/|\/\.{1,2}(?:\/|$)))[A-Za-z0-9._/:@=+~%,-]{1,1000}(?<!\/)$/;
/** Of a staged file or a plugin. */
const name = /^[A-Za-z0-9_+~][A-Za-z0-9._+~-]{0,199}$/;
const word = /^[A-Za-z0-9._/:@=+~%,-]{1,253}$/;
const version = /^\d{1,3}\.\d{1,3}\.\d{1,3}$/;
const unit = /^[A-Za-z0-9_@:][A-Za-z0-9._@:-]*\.service$/;

export type OrderRow = {
	/** The grammar of its words. act.sh checks the same once more. */
	readonly values: readonly RegExp[];
	/** It may stand more than once. */
	readonly many?: true;
	/** No plan is without it. */
	readonly needed?: true;
};

const rows = {
	'cni-upgrade': {values: [/^1$/], needed: true},
	run: {values: [/^[a-z0-9]{10}$/], needed: true},
	node: {values: [word], needed: true},
	uid: {values: [/^[A-Za-z0-9._:@=+~-]{1,64}$/], needed: true},
	runtime: {values: [/^(?:containerd|cri-o)$/], needed: true},
	'runtime-unit': {values: [unit], needed: true},
	'kubelet-unit': {values: [unit], needed: true},
	endpoint: {values: [new RegExp(`^unix://(?:${path.source.slice(1, -1)})$`)], needed: true},
	crictl: {values: [new RegExp(`^(?:staged|none|${path.source.slice(1, -1)})$`)], needed: true},
	'bin-dir': {values: [path], many: true},
	deadline: {values: [/^[1-9]\d{0,5}$/], needed: true},
	step: {values: [new RegExp(`^(?:${nodeSteps.join('|')})$`)], many: true, needed: true},
	archive: {values: [name, sha256]},
	plugin: {values: [path, name, sha256, /^(?:none|[0-9a-f]{64})$/], many: true},
	keep: {values: [path, name, sha256], many: true},
	config: {values: [path, version, sha256, sha256], many: true},
	network: {values: [word, version], many: true},
	package: {values: [/^(?:apt|dnf|zypper)$/, name, word, word], many: true},
	'package-file': {values: [name, sha256], many: true},
	hold: {values: [name], many: true},
	'runtime-config': {values: [/^migrate$/, sha256]},
	hook: {values: [/^(?:before|after)$/, name, sha256], many: true},
	rehearse: {values: [/^(?:chain|version)$/]},
	sandbox: {values: [/^(?:yes|no)$/]},
	kubeadm: {values: [/^yes$/]},
	'hanging-pods': {values: [/^stay$/]},
	settings: {values: [/^[A-Za-z0-9_-]{1,4000}$/]},
	end: {values: [], needed: true},
} as const satisfies Readonly<Record<string, OrderRow>>;

export type OrderKey = keyof typeof rows;

/** Every order there is. `is_order_line` in `lib/node-script/act/orders.sh` is the same list, which a test holds equal. */
export const keys: Readonly<Record<OrderKey, OrderRow>> = rows;
