import {readdirSync, readFileSync} from 'node:fs';
import {elements, member, textOr} from '../../../lib/facts/answer-records.ts';
import type {JsonValue} from '../../../lib/facts/node-facts.ts';
import {ask} from './ask.ts';
import type {Settings} from './cases.ts';
import type {Daemon} from './daemons.ts';
import {normalize} from './normalize.ts';
import {confDir, daemonLog} from './places.ts';
import type {NetworkRow, StatusRow} from './row.ts';

/** What the daemon says of its network; undefined while it does not answer. */
export function statusOf({runtime}: Daemon, {defaultNetwork = ''}: Settings): StatusRow | undefined {
	const answer = ask('status');
	if ('error' in answer) {
		return undefined;
	}

	const {json} = answer;
	const condition = elements(member(member(json, 'status'), 'conditions')).find(
		entry => member(entry, 'type') === 'NetworkReady',
	);
	const ready = member(condition, 'status') === true;
	// CRI-O has not looked yet.
	if (member(condition, 'message') === 'Network plugin returns error: plugin status uninitialized') {
		return undefined;
	}

	const load = member(json, 'lastCNILoadStatus');
	const held = elements(member(member(json, 'cniconfig'), 'Networks'));
	const loopback = held.find(network => member(network, 'IFName') === 'lo');
	return {
		ready,
		...(!ready && {
			reason: textOr(member(condition, 'reason'), ''),
			message: normalize(textOr(member(condition, 'message'), '')),
		}),
		...(typeof load === 'string' && {load: normalize(load)}),
		networks:
			runtime === 'cri-o'
				? defaultOf(readFileSync(daemonLog, 'utf8'), defaultNetwork)
				: held.filter(network => network !== loopback).map(networkRow),
		...(loopback !== undefined && {loopback: textOr(member(member(loopback, 'Config'), 'CNIVersion'), '')}),
	};
}

function networkRow(network: JsonValue): NetworkRow {
	const config = member(network, 'Config');
	return {
		name: textOr(member(config, 'Name'), ''),
		cniVersion: textOr(member(config, 'CNIVersion'), ''),
		types: elements(member(config, 'Plugins')).flatMap(plugin => textOr(member(member(plugin, 'Network'), 'type'), [])),
	};
}

/**
CRI-O tells in its log alone which network is the default, and from which file. Each look at the directory ends with the name of the
default; one that finds no config says nothing at its end (cri-o/ocicni:pkg/ocicni/ocicni.go@v0.5.0).
*/
function defaultOf(log: string, wanted: string): NetworkRow[] {
	let found = new Map<string, string>();
	let chosen = wanted;
	let isEnded = true;
	for (const line of log.split('\n')) {
		const [, event, changed] =
			/CNI monitoring event (?:(REMOVE)|CREATE|WRITE|RENAME)[^/]*(\/\S+\.(?:conflist|conf|json))/.exec(line) ?? [];
		const [, name, path] = /Found CNI network (\S*) \(type=.*?\) at (\S+\.(?:conflist|conf|json))/.exec(line) ?? [];
		const [, updated] = /Updated default CNI network name to ([^"\s]*)"/.exec(line) ?? [];
		const isLost = event === undefined ? changed !== undefined : changed !== undefined && found.get(chosen) === changed;
		if (isLost || (isEnded && (name !== undefined || /Error (?:loading|validating) CNI/.test(line)))) {
			found = new Map();
			chosen = wanted;
			isEnded = false;
		}

		if (name !== undefined && path !== undefined && !found.has(name)) {
			found.set(name, path);
		}

		if (updated !== undefined) {
			chosen = updated;
			isEnded = true;
		}
	}

	const path = found.get(chosen);
	return path === undefined ? [] : [{name: chosen, file: path.replace(`${confDir}/`, '')}];
}

/** A text that changes when the daemon has looked at its directories again, or when what it says has changed. */
export function signature(daemon: Daemon, settings: Settings): string {
	const loads = readFileSync(daemonLog, 'utf8').match(
		/Found CNI network|Updated default CNI network|Error (?:loading|validating) CNI/g,
	);
	return JSON.stringify([statusOf(daemon, settings), loads?.length ?? 0]);
}

/** Warnings and errors about the network, each once. */
export function networkLog(): string[] {
	const lines = readFileSync(daemonLog, 'utf8')
		.split('\n')
		.filter(line => /level=(?:warning|error)/.test(line))
		.map(line => normalize(messageOf(line)));
	return [...new Set(lines.filter(line => /cni|network/i.test(line)))];
}

function messageOf(line: string): string {
	const field = (key: string) => {
		const [, quoted] = new RegExp(`${key}=("(?:[^"\\\\]|\\\\.)*")`).exec(line) ?? [];
		return quoted === undefined ? [] : [JSON.parse(quoted.replaceAll(/\\x(..)/g, '\\u00$1')) as string];
	};

	return [...field('msg'), ...field('error')].join(' | ');
}

/** Addresses that host-local holds, as NETWORK/ADDRESS. */
export function leases(): string[] {
	return entries('/var/lib/cni/networks').flatMap(network =>
		entries(`/var/lib/cni/networks/${network}`)
			.filter(name => /^\d+(?:\.\d+){3}$/.test(name))
			.map(address => `${network}/${address}`),
	);
}

/** The networks of which libcni has cached a result for a sandbox. */
export function networksOf(sandbox: string): string[] {
	return entries('/var/lib/cni/results').flatMap(name => {
		const [, network] = new RegExp(`^(.*)-${sandbox}-eth\\d+$`).exec(name) ?? [];
		return network ?? [];
	});
}

function entries(dir: string): string[] {
	try {
		return readdirSync(dir).sort();
	} catch {
		return [];
	}
}
