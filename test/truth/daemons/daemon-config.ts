import {mkdirSync, writeFileSync} from 'node:fs';
import type {Settings} from './cases.ts';
import type {Daemon} from './daemons.ts';
import {defaultBinDir, image, socket, state} from './places.ts';

/** Writes the daemon's configuration; the command line that starts it. */
export function configure(
	daemon: Daemon,
	settings: Settings,
	tools: {readonly pinns: string; readonly conmon: string},
): string[] {
	if (daemon.runtime === 'containerd') {
		if (settings.confTemplate !== undefined) {
			writeFileSync(`${state}/template`, settings.confTemplate);
		}

		writeFileSync(`${state}/config.toml`, containerdToml(daemon, settings));
		return ['containerd', '--config', `${state}/config.toml`];
	}

	mkdirSync('/etc/containers', {recursive: true});
	writeFileSync('/etc/containers/policy.json', '{"default":[{"type":"insecureAcceptAnything"}]}');
	writeFileSync('/etc/containers/registries.conf', '[[registry]]\nlocation = "127.0.0.1:5000"\ninsecure = true\n');
	writeFileSync(`${state}/crio.conf`, crioToml(settings, tools));
	return ['crio', '--config', `${state}/crio.conf`, '--config-dir', ''];
}

/** restrict_oom_score_adj: a machine's root may lack CAP_SYS_RESOURCE. */
export function containerdToml({from}: Daemon, {binDir, binDirs, maxConfNum, confTemplate, internalLoopback}: Settings): string {
	// Debian's containerd 1.7 has /usr/lib/cni compiled in, which is the machine's own.
	const isDebian = 'root' in from;
	return toml([
		['version', 2],
		['root', `${state}/root`],
		['state', `${state}/state`],
		'[grpc]',
		['address', socket],
		'[plugins."io.containerd.grpc.v1.cri"]',
		['sandbox_image', image],
		['restrict_oom_score_adj', true],
		'[plugins."io.containerd.grpc.v1.cri".cni]',
		['bin_dir', binDir ?? (isDebian && binDirs === undefined ? defaultBinDir : undefined)],
		['bin_dirs', binDirs],
		['max_conf_num', maxConfNum],
		['conf_template', confTemplate === undefined ? undefined : `${state}/template`],
		['use_internal_loopback', internalLoopback],
	]);
}

/** No systemd is there: cgroups are made by hand. */
export function crioToml(
	{binDir, binDirs, defaultNetwork}: Settings,
	{pinns, conmon}: {readonly pinns: string; readonly conmon: string},
): string {
	return toml([
		'[crio]',
		['root', `${state}/root`],
		['runroot', `${state}/runroot`],
		['storage_driver', 'overlay'],
		['version_file', `${state}/version`],
		['log_dir', `${state}/logs`],
		'[crio.api]',
		['listen', socket],
		'[crio.runtime]',
		['cgroup_manager', 'cgroupfs'],
		['conmon_cgroup', 'pod'],
		['default_runtime', 'runc'],
		['pinns_path', pinns],
		['namespaces_dir', `${state}/namespaces`],
		'[crio.runtime.runtimes.runc]',
		['runtime_path', '/usr/sbin/runc'],
		['runtime_type', 'oci'],
		['runtime_root', `${state}/runc`],
		['monitor_path', conmon],
		'[crio.image]',
		['pause_image', image],
		'[crio.network]',
		['cni_default_network', defaultNetwork],
		['plugin_dir', binDir],
		['plugin_dirs', binDirs],
	]);
}

type Value = string | number | boolean | readonly string[] | undefined;

/** Lines of TOML; JSON's strings and lists are TOML's too. Keys without a value are left out. */
function toml(lines: readonly (string | readonly [key: string, value: Value])[]): string {
	return lines
		.flatMap(line => (typeof line === 'string' ? line : line[1] === undefined ? [] : `${line[0]} = ${JSON.stringify(line[1])}`))
		.concat('')
		.join('\n');
}
