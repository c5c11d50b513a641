/** What is different each time in what a run says: ids, names drawn by lot, times. */
const masks: readonly (readonly [RegExp, string])[] = [
	[/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/g, 'TIME'],
	[/(cni-upgrade-(?:act|canary)-|run )[a-z0-9]{10}\b/g, '$1RUN'],
	[/cni-plugins-linux-\w+-/g, 'cni-plugins-linux-ARCH-'],
	[/\b(web-5d9c7b8f6d|log-agent)-[a-z0-9]{5}\b/g, '$1-XXXXX'],
	[/(?:less than )?\b\d+(?:\.\d)? (?:s|min)\b/g, 'N s'],
	[/ of \S+@\S+ /g, ' of SOMEBODY '],
];

/** A node is heard again at once or only later, so whether it was missed is left out. */
const byChance = /^node\/\S+ works alone for now; .*\n/gm;

export function masked(text: string): string {
	return masks.reduce((masked, [pattern, mask]) => masked.replaceAll(pattern, mask), text.replaceAll(byChance, ''));
}
