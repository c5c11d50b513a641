import {homedir} from 'node:os';
import {delimiter, dirname, join, resolve} from 'node:path';
import {messageOf, UserError} from '../errors.ts';
import {readYaml} from '../yaml.ts';
import {codeOf} from './errors.ts';
import {asList, asText, field, type JsonObject} from './json.ts';
import {readText} from './read-text.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/** All files joined as kubectl joins them. client-node's own loader throws at a name that is in two files, and drops fields that we need. */
export type Kubeconfig = {
	/** The files that were sought, whether there or not. */
	readonly files: readonly string[];
	readonly currentContext: string | undefined;
	readonly clusters: ReadonlyMap<string, JsonObject>;
	readonly users: ReadonlyMap<string, JsonObject>;
	readonly contexts: ReadonlyMap<string, JsonObject>;
};

/**
Reads the kubeconfig: the named file, else those of KUBECONFIG, else ~/.kube/config. The first file that has a name, or a
current context, wins, whole; missing files are passed over, unless the file was named.
*/
export async function readKubeconfig(env: Environment, named: string | undefined, signal?: AbortSignal): Promise<Kubeconfig> {
	const files = named === undefined ? usualFiles(env) : [resolve(named)];
	const parsed = await Promise.all(files.map(async file => ({file, content: await readOne(file, named !== undefined, signal)})));
	const present = parsed.filter(({content}) => content !== undefined);
	return {
		files,
		currentContext: present.map(({content}) => asText(field(content, 'current-context'))).find(name => name !== ''),
		clusters: entries(present, 'clusters', 'cluster', ['certificate-authority']),
		users: entries(present, 'users', 'user', ['client-certificate', 'client-key', 'tokenFile']),
		contexts: entries(present, 'contexts', 'context', []),
	};
}

function usualFiles(env: Environment): readonly string[] {
	const listed = (env['KUBECONFIG'] ?? '').split(delimiter).filter(file => file !== '');
	return listed.length > 0 ? [...new Set(listed)] : [join(env['HOME'] || env['USERPROFILE'] || homedir(), '.kube', 'config')];
}

async function readOne(file: string, isNamed: boolean, signal: AbortSignal | undefined): Promise<unknown> {
	let text: string;
	try {
		text = await readText(file, signal);
	} catch (error) {
		if (codeOf(error) === 'ENOENT' && !isNamed) {
			return undefined;
		}

		const why = codeOf(error) === 'ENOENT' ? 'does not exist' : `cannot be read: ${messageOf(error)}`;
		throw new UserError(`kubeconfig ${file} ${why}`, {
			remedy: 'Check --kubeconfig and the environment variable KUBECONFIG.',
			cause: error,
		});
	}

	return parseOne(file, text);
}

function parseOne(file: string, text: string): unknown {
	try {
		const content = readYaml(text) ?? {};
		if (typeof content === 'object' && !Array.isArray(content)) {
			return content;
		}
	} catch (error) {
		// Only the first line: the others quote the file, which holds secrets.
		const [reason = ''] = messageOf(error).split('\n');
		throw new UserError(`kubeconfig ${file} is no valid YAML: ${reason.replace(/:$/, '')}`, {
			remedy: 'Compare: kubectl config view',
		});
	}

	throw new UserError(`kubeconfig ${file} holds no mapping, where a kubeconfig was expected`, {
		remedy: 'Compare: kubectl config view',
	});
}

/** The named entries of a list, the first of a name winning; `paths` are fields that are relative to the file that they stand in. */
function entries(
	files: readonly {readonly file: string; readonly content: unknown}[],
	list: string,
	key: string,
	paths: readonly string[],
): ReadonlyMap<string, JsonObject> {
	const found = new Map<string, JsonObject>();
	for (const {file, content} of files) {
		for (const item of asList(field(content, list))) {
			const name = asText(field(item, 'name'));
			if (name !== '' && !found.has(name)) {
				found.set(name, absolute(field(item, key), dirname(file), paths));
			}
		}
	}

	return found;
}

function absolute(value: unknown, directory: string, paths: readonly string[]): JsonObject {
	const object: Record<string, unknown> = {...(value as object | null | undefined)};
	for (const path of paths) {
		if (asText(object[path]) !== '') {
			object[path] = resolve(directory, asText(object[path]));
		}
	}

	// A command with a slash is a file beside the kubeconfig; one without is looked up on PATH.
	const command = asText(field(object, 'exec', 'command'));
	if (command.includes('/')) {
		object['exec'] = {...(object['exec'] as object), command: resolve(directory, command)};
	}

	return object;
}
