import {enumerate} from '../check/words.ts';
import {newestPlugins} from '../cni/reference-plugins.ts';
import {isUnknown, knownOr} from '../facts/unknown.ts';
import type {Changes} from './changes.ts';
import {packageRow} from './package-rows.ts';
import type {Refusal} from './plan.ts';

export function wrongArchive({input: {archive, facts, request}, future}: Changes): readonly Refusal[] {
	if (request.plugins !== 'archive') {
		return [];
	}

	if (archive === undefined) {
		return [
			{
				object: 'archive/--plugins',
				message: 'it was not read; expected its plugins',
				remedy: 'Name an archive that can be read from here.',
			},
		];
	}

	const object = `archive/${archive.name}`;
	const arch = facts.node.arch;
	if (isUnknown(arch) || arch !== archive.arch) {
		return [
			{
				object,
				message: `its plugins are for ${archive.arch}, and the node is ${isUnknown(arch) ? `of an architecture that is not known (${arch.unknown})` : arch}; expected the same`,
				remedy: `Use cni-plugins-linux-${knownOr(arch, 'ARCH')}-${archive.release ?? 'VERSION'}.tgz.`,
			},
		];
	}

	const silent = future.plugins.filter(({name}) => isUnknown(future.after(name)) && !isUnknown(future.before(name)));
	return silent.length === 0
		? []
		: [
				{
					object,
					message: `what its ${enumerate(silent.map(({name}) => name))} supports is not known; expected a release that the tables have, v0.6.0 to ${newestPlugins}`,
					remedy: 'Give the archive the name that containernetworking/plugins gives it: cni-plugins-linux-ARCH-VERSION.tgz.',
				},
			];
}

/** What is replaced is put back by its hash: one that is not known could not be. */
export function withoutHash({input: {facts}, future}: Changes): readonly Refusal[] {
	return future.plugins
		.filter(({from, oldSha256}) => from !== null && oldSha256 === null)
		.map(({dir, name}) => ({
			object: `plugin/${name}`,
			message: `${dir}/${name} is there, and its sha256 is not known; expected it to be, so that it can be put back`,
			remedy: `See why it cannot be read on node/${facts.node.name}.`,
		}));
}

/** A package that brings plugins would put them over those of the archive, at once or at its next upgrade. */
export function overlap({input: {archive, request}, future}: Changes): readonly Refusal[] {
	const both = request.plugins === 'archive' ? future.packages.filter(({name}) => packageRow(name).brings === 'plugins') : [];
	return both.map(({name, to}) => ({
		object: `package/${name}`,
		message: `it would be changed to ${to} and put its plugins over those of ${archive?.name ?? 'the archive'}; expected one source of plugins`,
		remedy: 'Leave out --plugins, or use --plugins package.',
	}));
}
