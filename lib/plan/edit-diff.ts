import type {ConfigEdit} from './node-answers.ts';

/** The edit as a unified diff. Only the key is shown: no other part of the file leaves the node. */
export function editDiff(edit: ConfigEdit | undefined): readonly string[] {
	if (edit === undefined || 'refused' in edit) {
		return [];
	}

	const {path, line, way, oldToken, newToken} = edit;
	return [
		`--- ${path}`,
		`+++ ${path}`,
		`@@ line ${line} @@`,
		...(way === 'replace' ? [`-"cniVersion": ${oldToken}`, `+"cniVersion": ${newToken}`] : [`+"cniVersion": ${newToken},`]),
	];
}
