import {type ChildProcess, spawn} from 'node:child_process';
import {existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync} from 'node:fs';
import {basename, dirname, join} from 'node:path';
import {ContainerLog} from './container-log.ts';
import type {Container, KubeObject, Pod} from './objects.ts';
import type {ContainerEnd, NodeTree} from './simulated-node.ts';
import {treeEnvironment} from './tree.ts';

export type ContainerOptions = {
	readonly pod: Pod;
	/** Which of its containers. */
	readonly index: number;
	readonly tree: NodeTree;
	/** An empty directory for this pod's files. */
	readonly directory: string;
	/** The image has a shell of its own. */
	readonly imageHasShell: boolean;
	/** As the kubelet reports it: `cri-o://1.36.3`. */
	readonly runtime: string;
	readonly configMap: (name: string) => KubeObject | undefined;
};

/** A container that could not be started, in the words of kubelet or runtime. */
export type StartFailure =
	/** A volume is not there: the kubelet tries again for ever. */
	| {readonly kind: 'mount'; readonly message: string}
	/** The runtime does not make the container: the kubelet tries again for ever, and says why. */
	| {readonly kind: 'create'; readonly message: string}
	| {readonly kind: 'start'; readonly message: string};

export type RunningContainer = {
	readonly ended: Promise<ContainerEnd>;
	readonly log: ContainerLog;
	readonly kill: () => void;
	/** Starts another command in it; or why that cannot be, in the words of the runtime. */
	readonly exec: (command: readonly string[]) => ChildProcess | string;
};

/**
Runs a container's own command for real, with the shell of this machine in place of the node's: each argument that
lies in a volume mount, or is the termination log, becomes the path where its content really is. The environment holds
nothing of ours.
*/
export function runContainer(options: ContainerOptions): RunningContainer | StartFailure {
	const {pod, index, tree, directory} = options;
	const container = pod.spec.containers[index];
	if (container === undefined) {
		return {kind: 'start', message: 'no container'};
	}

	const mounts = mountVolumes(options, container);
	if ('kind' in mounts) {
		return mounts;
	}

	const refused = options.runtime.startsWith('cri-o://') ? recursiveMount(container, pod) : undefined;
	if (refused !== undefined) {
		return refused;
	}

	const messagePath = container.terminationMessagePath ?? '/dev/termination-log';
	const messageFile = join(directory, 'termination-log');
	writeFileSync(messageFile, '');
	const [executable = '', ...args] = [...(container.command ?? []), ...(container.args ?? [])];
	const mountOfExecutable = mounts.find(({mountPath}) => isUnder(executable.startsWith('/') ? executable : '/usr', mountPath));
	const hasExecutable =
		mountOfExecutable === undefined
			? options.imageHasShell
			: existsSync(realPath(executable.startsWith('/') ? executable : mountOfExecutable.mountPath, mounts));
	const file = fileOf(executable, tree);
	if (!hasExecutable || file === undefined) {
		return {kind: 'start', message: noSuchExecutable(executable)};
	}

	const realArgs = realPaths(executable, args, mounts).map(arg => (arg === messagePath ? messageFile : arg));
	const child = spawn(file, realArgs, {
		cwd: directory,
		env: {...environmentOf(container), ...environment(options, container, mountOfExecutable !== undefined)},
		stdio: ['ignore', 'pipe', 'pipe'],
		// Its own process group, so that whatever it started ends with it.
		detached: true,
	});
	const log = new ContainerLog();
	child.stdout.on('data', (chunk: Buffer) => log.append(chunk));
	child.stderr.on('data', (chunk: Buffer) => log.append(chunk));
	return {
		ended: endOf(child, messageFile, container, log),
		log,
		kill: () => killGroup(child),
		exec: command => execCommand(options, mounts, command),
	};
}

/** What runs in place of an executable: the shell is this machine's, all else has to be among the node's tools. */
function fileOf(executable: string, {path, shell}: NodeTree): string | undefined {
	if (/^(\/bin\/)?sh$/.test(executable)) {
		return shell;
	}

	return /^(\/usr)?\/bin\/[^/]+$|^[^/]+$/.test(executable)
		? path.map(entry => join(entry, basename(executable))).find(file => existsSync(file))
		: undefined;
}

function execCommand(
	{tree, directory, runtime}: ContainerOptions,
	mounts: readonly Mount[],
	[executable = '', ...args]: readonly string[],
): ChildProcess | string {
	const run = (file: string, ...args: readonly string[]) =>
		spawn(file, args, {cwd: directory, env: treeEnvironment(tree), stdio: ['pipe', 'pipe', 'pipe']});
	const file = fileOf(executable, tree);
	if (file === undefined) {
		const why = executable.includes('/') ? `stat ${executable}: no such file or directory` : 'executable file not found in $PATH';
		const text = `exec failed: unable to start container process: exec: "${executable}": ${why}`;
		// CRI-O hands on what its runtime wrote and how that ended; containerd makes an error of it.
		return runtime.startsWith('cri-o:')
			? run(tree.shell, '-c', 'printf "%s\\n" "$0" >&2; exit 255', `level=error msg=${JSON.stringify(text)}`)
			: `Internal error occurred: error executing command in container: failed to exec in container: failed to start exec: OCI runtime exec failed: ${text}: unknown`;
	}

	return run(file, ...realPaths(executable, args, mounts));
}

type Mount = {readonly mountPath: string; readonly real: string};

/** Longest mount path first. */
function mountVolumes(
	{pod, tree, directory, configMap}: ContainerOptions,
	{volumeMounts = []}: Container,
): readonly Mount[] | StartFailure {
	const mounts: Mount[] = [];
	for (const {name, mountPath, subPath} of volumeMounts) {
		const volume = pod.spec.volumes?.find(volume => volume.name === name);
		if (volume?.hostPath !== undefined) {
			const {path, type = ''} = volume.hostPath;
			const real = join(tree.root, path);
			if (type === 'Directory' && !isDirectory(real)) {
				return {
					kind: 'mount',
					message: `MountVolume.SetUp failed for volume "${name}" : hostPath type check failed: ${path} is not a directory`,
				};
			}

			mounts.push({mountPath, real: join(real, subPath ?? '')});
		} else if (volume?.configMap !== undefined) {
			const source = configMap(volume.configMap.name);
			if (source === undefined) {
				return {
					kind: 'mount',
					message: `MountVolume.SetUp failed for volume "${name}" : configmap "${volume.configMap.name}" not found`,
				};
			}

			const real = join(directory, 'volumes', name);
			writeKeys(real, (source['data'] ?? {}) as Readonly<Record<string, string>>);
			mounts.push({mountPath, real: join(real, subPath ?? '')});
		} else {
			return {kind: 'mount', message: `the embedded cluster does not have volumes such as ${JSON.stringify(volume)}`};
		}
	}

	return mounts.sort((a, b) => b.mountPath.length - a.mountPath.length);
}

function writeKeys(directory: string, data: Readonly<Record<string, string>>): void {
	mkdirSync(directory, {recursive: true});
	for (const [key, value] of Object.entries(data)) {
		writeFileSync(join(directory, key), value);
	}
}

function realPath(path: string, mounts: readonly Mount[]): string {
	const mount = mounts.find(({mountPath}) => isUnder(path, mountPath));
	return mount === undefined ? path : join(mount.real, path.slice(mount.mountPath.length));
}

/** What stands after chroot's directory is looked for below it. */
function realPaths(executable: string, args: readonly string[], mounts: readonly Mount[]): readonly string[] {
	return args.map((arg, index) => (executable === 'chroot' && index > 0 ? arg : realPath(arg, mounts)));
}

function isUnder(path: string, mountPath: string): boolean {
	return path === mountPath || path.startsWith(mountPath.endsWith('/') ? mountPath : `${mountPath}/`);
}

function isDirectory(path: string): boolean {
	return statSync(path, {throwIfNoEntry: false})?.isDirectory() === true;
}

function environmentOf({env = []}: Container): Readonly<Record<string, string>> {
	return Object.fromEntries(env.map(({name, value = ''}) => [name, value]));
}

/** containerd 1.7's words for a command that the image does not hold. */
function noSuchExecutable(executable: string): string {
	return `failed to create containerd task: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: exec: "${executable}": stat ${executable}: no such file or directory: unknown`;
}

/** A process that ends without having stopped its cluster must not leave them behind. */
const living = new Set<ChildProcess>();
process.once('exit', () => {
	for (const child of living) {
		killGroup(child);
	}
});

async function endOf(
	child: ChildProcess,
	messageFile: string,
	{terminationMessagePolicy}: Container,
	log: ContainerLog,
): Promise<ContainerEnd> {
	living.add(child);
	const exitCode = await new Promise<number>(resolve => {
		child.once('error', () => resolve(127));
		child.once('close', (code, signal) => resolve(code ?? (signal === 'SIGKILL' ? 137 : 143)));
	});
	living.delete(child);
	log.end();
	const whole = log.bytes;
	const written = existsSync(messageFile) ? readFileSync(messageFile) : Buffer.alloc(0);
	const message =
		written.length === 0 && exitCode !== 0 && terminationMessagePolicy === 'FallbackToLogsOnError' ? logTail(whole) : written;
	rmSync(dirname(messageFile), {recursive: true, force: true});
	return {exitCode, message, log: whole};
}

/**
The tree's, whose PATH begins with stand-ins for the node's programs. They are found only where the container's PATH names the directory
that chroot is in: /usr/sbin of the host, /bin of an image that has it. An image's own PATH is /bin here.
*/
function environment({pod, tree, directory}: ContainerOptions, container: Container, isHosts: boolean) {
	const path = environmentOf(container)['PATH'] ?? '/bin';
	const found = path.split(':').includes(isHosts ? '/usr/sbin' : '/bin');
	return {...treeEnvironment(tree), ...(!found && {PATH: join(directory, 'empty')}), HOSTNAME: pod.spec.nodeName ?? ''};
}

/** CRI-O's refusal to make a mount that holds its own storage read-only with all that is below (server/container_create_linux.go@v1.36.3). */
function recursiveMount({volumeMounts = []}: Container, {spec}: Pod): StartFailure | undefined {
	for (const {name, recursiveReadOnly} of volumeMounts) {
		const path = spec.volumes?.find(volume => volume.name === name)?.hostPath?.path;
		if (recursiveReadOnly !== undefined && path !== undefined && isUnder('/var/lib/containers/storage', path)) {
			const message = `recursive read-only mount requires private propagation for hostPath ${JSON.stringify(path)}, got: PROPAGATION_HOST_TO_CONTAINER`;
			return {kind: 'create', message};
		}
	}

	return undefined;
}

/** The kubelet's fallback: the last 2,048 bytes or 80 lines of the log, whichever is less. */
function logTail(log: Buffer): Buffer {
	const lines = log
		.subarray(Math.max(0, log.length - 2048))
		.toString('latin1')
		.split('\n');
	return Buffer.from(lines.slice(-81).join('\n'), 'latin1');
}

function killGroup({pid}: ChildProcess): void {
	if (pid !== undefined) {
		try {
			process.kill(-pid, 'SIGKILL');
		} catch {
			// It ended by itself in the meantime.
		}
	}
}
