import {fileURLToPath} from 'node:url';

const repository = fileURLToPath(new URL('../../..', import.meta.url));

export const cache = `${repository}.cache`;
export const programs = `${cache}/programs`;
export const recorded = fileURLToPath(new URL('recorded', import.meta.url));

/** Where a daemon has its files: an empty directory that is a tmpfs in the daemon's own mount namespace. */
export const state = '/tmp/cni-upgrade-truth-daemons';

export const confDir = '/etc/cni/net.d';
export const defaultBinDir = '/opt/cni/bin';
export const socket = `${state}/daemon.sock`;
export const daemonLog = `${state}/daemon.log`;
export const image = '127.0.0.1:5000/pause:1';

/** Under each controller of the machine's own cgroups; the machine's namespaces do not cover these. */
export const cgroup = '/cni-upgrade-truth-daemons';
