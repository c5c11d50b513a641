import type {PluginFacts} from '../facts/node-facts.ts';
import {isUnknown, knownOr} from '../facts/unknown.ts';
import type {PlanInput} from './input.ts';
import type {PluginChange} from './plan.ts';

/**
The plugins of the archive that are put on the node: where the node told of every file in its bin dirs all of them, else those that a
config uses. One that is there already, byte by byte, is none of them.
*/
export function pluginChanges({facts, request, archive, host}: PlanInput): readonly PluginChange[] {
	if (request.plugins !== 'archive' || archive === undefined) {
		return [];
	}

	const plugins = knownOr(facts.plugins, []);
	const usual = usualDir(plugins, knownOr(facts.runtime.binDirs, []));
	return archive.members.flatMap(({name, sha256, size}) => {
		const plugin = plugins.find(({type}) => type === name);
		if (plugin === undefined && host.binaries === undefined) {
			return [];
		}

		const path = plugin === undefined ? null : knownOr(plugin.path, null);
		const dir = path === null ? usual : directoryOf(path);
		const there = host.binaries?.find(file => file.dir === dir && file.name === name);
		const oldSha256 = there?.sha256 ?? (path === null ? null : knownOr(plugin?.sha256 ?? null, null));
		const change = {
			dir,
			name,
			from: path === null && there === undefined ? null : releaseOf(plugin),
			to: archive.release ?? null,
			oldSha256,
			sha256,
			size,
		};
		return oldSha256 === sha256 ? [] : [change];
	});
}

function releaseOf(plugin: PluginFacts | undefined): string {
	const release = plugin?.release;
	return release === undefined || isUnknown(release) ? 'unknown release' : release;
}

/** Where most plugins of this node are, which the runtime searches; else the first directory that it searches. */
function usualDir(plugins: readonly PluginFacts[], binDirs: readonly string[]): string {
	const dirs = plugins.flatMap(({path}) => (typeof path === 'string' ? [directoryOf(path)] : []));
	const count = (dir: string) => dirs.filter(other => other === dir).length;
	const [most] = binDirs.toSorted((a, b) => count(b) - count(a));
	return most ?? '/opt/cni/bin';
}

function directoryOf(path: string): string {
	return path.slice(0, Math.max(1, path.lastIndexOf('/')));
}
