import {createHash} from 'node:crypto';
import {readFile, stat} from 'node:fs/promises';
import {basename} from 'node:path';
import {specVersions} from '../lib/cni/spec-version.ts';
import {messageOf, UserError} from '../lib/errors.ts';
import type {StagedFile, UpgradeRequest} from '../lib/plan/request.ts';
import {type FetchedArchive, fetchArchive} from '../lib/release/fetch.ts';
import type {Payload} from '../lib/run/prepare.ts';
import type {Arguments} from './command.ts';
import type {Context} from './context.ts';
import {fetchThrough} from './fetch.ts';
import type {nodeOptions} from './node-options.ts';
import {usageError} from './usage-error.ts';

/** What the command line asks for, with the files that it names. */
export type LoadedRequest = {
	readonly request: Omit<UpgradeRequest, 'run'>;
	readonly archive: FetchedArchive | undefined;
	/** All that may be sent to the node. */
	readonly payload: readonly Payload[];
};

/** Milliseconds for an archive to arrive. */
const fetchTime = 600_000;

/** Bytes of a file that is sent besides the archive. */
const longestFile = 400 * 1024 * 1024;

/** Reads every file that the flags name before anybody is asked anything. */
export async function loadRequest(args: Arguments<typeof nodeOptions>, {env, clock, signal}: Context): Promise<LoadedRequest> {
	const plugins = args.plugins;
	const isPackage = plugins === 'package';
	checkArchiveFlags(args, plugins !== undefined && !isPackage);
	const archive =
		plugins === undefined || isPackage
			? undefined
			: await fetchArchive(plugins, {
					sha256: args['plugins-sha256'],
					insecureNoChecksum: args['insecure-no-checksum'],
					timeout: fetchTime,
					signal,
					clock,
					fetch: fetchThrough(env),
				});
	const packageFiles = await Promise.all(args['package-file'].map(async path => staged(path, basename(path))));
	const [crictl, before, after] = await Promise.all([
		optional(args.crictl, 'crictl'),
		optional(args['run-before'], 'hook-before'),
		optional(args['run-after'], 'hook-after'),
	]);
	const files = [...packageFiles, crictl, before, after].filter(file => file !== undefined);
	return {
		request: {
			plugins: plugins === undefined ? undefined : isPackage ? 'package' : 'archive',
			cniVersion: cniVersion(args['cni-version']),
			packages: args.package.map(packageOf),
			packageFiles: packageFiles.map(({file}) => file),
			crictl: crictl?.file,
			kubeadm: args.kubeadm,
			hooks: {before: before?.file, after: after?.file},
			allowControlPlane: args['allow-control-plane'],
			keepCordoned: args['keep-cordoned'],
			deadline: Math.ceil(args.deadline / 1000),
		},
		archive,
		payload: [
			...(archive === undefined ? [] : [{name: archive.name, bytes: archive.bytes}]),
			...files.map(({file, bytes}) => ({name: file.name, bytes})),
		],
	};
}

function checkArchiveFlags(args: Arguments<typeof nodeOptions>, isArchive: boolean): void {
	if (args.plugins === '') {
		throw usageError('--plugins is empty; expected a file, a URL or the word package', 'node');
	}

	const sha256 = args['plugins-sha256'];
	if (!isArchive && (sha256 !== undefined || args['insecure-no-checksum'])) {
		throw usageError('--plugins-sha256 and --insecure-no-checksum are about an archive; name one with --plugins', 'node');
	}

	if (sha256 !== undefined && !/^[0-9a-fA-F]{64}$/.test(sha256)) {
		throw usageError(`"${sha256}" is not a SHA-256 checksum; expected 64 hexadecimal digits`, 'node');
	}

	if (args.deadline < 60_000 || args.deadline > 24 * 3_600_000) {
		throw usageError('--deadline must be from 1m to 24h', 'node');
	}
}

function cniVersion(text: string | undefined): string | undefined {
	if (text === undefined || text === 'auto' || text === 'keep' || specVersions.some(version => version === text)) {
		return text;
	}

	throw usageError(
		`"${text}" is no spec version of CNI; expected auto, keep or one of ${specVersions.join(', ')}`,
		'node',
		'The release of the plugins has numbers of its own.',
	);
}

function packageOf(text: string): {readonly name: string; readonly version: string} {
	const [, name, version] = /^([A-Za-z0-9][A-Za-z0-9.+_-]{0,127})=([A-Za-z0-9][A-Za-z0-9.+:~_-]{0,127})$/.exec(text) ?? [];
	if (name === undefined || version === undefined) {
		throw usageError(`"${text}" is no package; expected NAME=VERSION, such as containerd=1.7.24~ds1-6`, 'node');
	}

	return {name, version};
}

type Loaded = {readonly file: StagedFile; readonly bytes: Uint8Array};

async function optional(path: string | undefined, name: string): Promise<Loaded | undefined> {
	return path === undefined ? undefined : staged(path, name);
}

async function staged(path: string, name: string): Promise<Loaded> {
	if (!/^[A-Za-z0-9_+~][A-Za-z0-9._+~-]{0,199}$/.test(name)) {
		throw new UserError(`file/${path} has a name that a node does not take`, {
			remedy: 'Give it one of letters, digits and ._+~- only.',
		});
	}

	try {
		const {size} = await stat(path);
		if (size > longestFile) {
			throw new UserError(`file/${path} has ${size} bytes, where ${longestFile} at most are sent`);
		}

		const bytes = await readFile(path);
		const sha256 = createHash('sha256').update(bytes).digest('hex');
		return {file: {name, sha256, size: bytes.length}, bytes};
	} catch (error) {
		throw error instanceof UserError ? error : new UserError(`file/${path} cannot be read: ${messageOf(error)}`, {cause: error});
	}
}
