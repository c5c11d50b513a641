import {randomUUID} from 'node:crypto';
import {type ContainerdSpec, containerdFiles, crioFiles} from '../host-files.ts';
import type {TreeFiles} from '../tree.ts';

const wants = '/etc/systemd/system/multi-user.target.wants';

/** As the packages of containerd, CRI-O and the kubelet bring it, without what is not heeded here. */
function unit(name: string, program: string, settings: string): TreeFiles {
	return {
		[`/usr/lib/systemd/system/${name}`]: `[Unit]\nDescription=${name}\nAfter=containerd.service crio.service\n[Service]\nExecStart=${program}\n${settings}[Install]\nWantedBy=multi-user.target\n`,
		[`${wants}/${name}`]: {link: `../../../../usr/lib/systemd/system/${name}`},
	};
}

const kubelet = (): TreeFiles => ({
	...unit('kubelet.service', '/usr/bin/kubelet', 'Restart=always\nRestartSec=10\n'),
	'/usr/bin/kubelet': {content: '', mode: 0o755},
	'/usr/bin/nsenter': {content: '', mode: 0o755},
	'/usr/bin/crictl': {content: '#!/bin/sh\nexec crictl "$@"\n', mode: 0o755},
	'/bin/sleep': {content: '', mode: 0o755},
	'/proc/self/ns/net': {link: 'net:[1]'},
	'/etc/machine-id': `${randomUUID().replaceAll('-', '')}\n`,
});

/** A containerd that is managed by systemd, and its kubelet. */
export function containerdMachine(spec: ContainerdSpec): TreeFiles {
	return {
		...containerdFiles(spec),
		...unit('containerd.service', '/usr/bin/containerd', 'Type=notify\nRestart=always\nRestartSec=5\n'),
		'/usr/bin/containerd': {content: '', mode: 0o755},
		...kubelet(),
	};
}

export function crioMachine(spec: Parameters<typeof crioFiles>[0]): TreeFiles {
	return {
		...crioFiles(spec),
		...unit('crio.service', '/usr/bin/crio', 'Type=notify\nRestart=on-failure\nRestartSec=10\n'),
		'/usr/bin/crio': {content: '', mode: 0o755},
		...kubelet(),
	};
}
