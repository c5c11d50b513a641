import {existsSync} from 'node:fs';
import {basename, join} from 'node:path';
import {incompatible, supportedVersions} from './chain.ts';
import type {PluginConf} from './conf-dir.ts';
import type {MachineFaults} from './faults.ts';
import type {Answer, Program} from './requests.ts';

type Call = {
	readonly file: string;
	readonly command: string;
	readonly id: string;
	readonly path: string;
	readonly config: string;
};

type Given = PluginConf & {readonly cniVersion?: string; readonly name?: string; readonly prevResult?: object};

/** What a plugin of a machine that is called by itself does and answers: it checks versions, and an address management plugin that it names is asked too. */
export function pluginCall(faults: MachineFaults): Program {
	return words => {
		const call = read(words);
		const given = JSON.parse(call.config) as Given;
		const supported = supportedVersions(call.file) ?? [];
		const version = given.cniVersion || '0.1.0';
		if (!supported.includes(version)) {
			return refused(version, 1, ...split(incompatible(version, supported)));
		}

		const fault = call.command === 'ADD' ? faults.addFails : call.command === 'DEL' ? faults.deleteFails : undefined;
		const delegate = fault === undefined ? refusedByIpam(call, given, version) : refused(version, 11, fault, '');
		if (delegate !== undefined) {
			return delegate;
		}

		return call.command === 'ADD'
			? {code: 0, out: `${JSON.stringify({...resultOf(call, given), ...given.prevResult, cniVersion: version})}\n`}
			: {code: 0};
	};
}

function read([file = '', ...words]: readonly string[]): Call {
	const value = (name: string) => words.find(word => word.startsWith(`${name}=`))?.slice(name.length + 1) ?? '';
	return {file, command: value('CNI_COMMAND'), id: value('CNI_CONTAINERID'), path: value('CNI_PATH'), config: words.at(-1) ?? ''};
}

function refusedByIpam({path}: Call, {ipam}: Given, version: string): Answer | undefined {
	const type = ipam?.type;
	if (type === undefined) {
		return undefined;
	}

	const file = path
		.split(':')
		.map(directory => join(directory, type))
		.find(file => existsSync(file));
	if (file === undefined) {
		return refused(version, 2, `failed to find plugin "${type}" in path [${path.split(':').join(' ')}]`, '');
	}

	const supported = supportedVersions(file) ?? [];
	return supported.includes(version) ? undefined : refused(version, 1, ...split(incompatible(version, supported)));
}

function resultOf({file, id}: Call, {ipam}: Given): object {
	const subnet = ipam?.ranges?.[0]?.[0]?.subnet ?? ipam?.subnet ?? '10.88.0.0/16';
	const isWithAddress = ipam !== undefined || ['host-local', 'static', 'dhcp'].includes(basename(file));
	return {
		interfaces: [{name: 'eth0', sandbox: `/var/run/netns/${id}`}],
		...(isWithAddress && {ips: [{address: subnet.replace(/\.\d+\/\d+$/, '.250/24'), interface: 0}]}),
		dns: {},
	};
}

/** As skel prints it, on standard output. */
function refused(cniVersion: string, code: number, msg: string, details: string): Answer {
	return {code: 1, out: `${JSON.stringify({cniVersion, code, msg, ...(details !== '' && {details})}, undefined, 4)}\n`};
}

function split(text: string): [string, string] {
	const [msg = '', details = ''] = text.split('; ');
	return [msg, details];
}
