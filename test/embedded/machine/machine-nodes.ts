import type {NodeSetup} from '../embedded-cluster.ts';
import {systemFiles} from '../host-files.ts';
import {nodeObject} from '../node-object.ts';
import type {TreeFiles} from '../tree.ts';
import type {MachineSpec} from './machine.ts';
import {containerdMachine, crioMachine} from './machine-files.ts';

export type MachineNodeSpec = {
	readonly name: string;
	readonly address: string;
	readonly runtime: {readonly kind: 'containerd' | 'cri-o'; readonly version: string};
	readonly osImage?: string;
	readonly kubelet?: string;
	/** Plugins and configs. */
	readonly files: TreeFiles;
	readonly msPerSecond?: number;
	readonly packages?: MachineSpec['packages'];
	readonly without?: readonly string[];
	readonly object?: Partial<Parameters<typeof nodeObject>[0]>;
};

/** A node that can be upgraded. Its pod CIDR is `10.244.N.0/24`, where N is the last part of its address. */
export function machineNode({
	name,
	address,
	runtime: {kind, version},
	osImage = 'Debian GNU/Linux 12 (bookworm)',
	kubelet = 'v1.34.2',
	files,
	msPerSecond,
	packages,
	without,
	object,
}: MachineNodeSpec): NodeSetup {
	const kernel = '6.1.0-28-amd64';
	return {
		object: nodeObject({name, address, osImage, kernel, kubelet, runtime: `${kind}://${version}`, ...object}),
		host: {
			kind: 'machine',
			runtime: kind,
			commands: ['journalctl', kind === 'containerd' ? 'containerd' : 'crio'],
			files: {
				...systemFiles({hostname: name, prettyName: osImage, family: 'deb', kernel}),
				...(kind === 'containerd' ? containerdMachine({version, crictl: false}) : crioMachine({version})),
				...files,
			},
			...(msPerSecond !== undefined && {msPerSecond}),
			...(packages && {packages}),
			...(without && {without}),
		},
	};
}
