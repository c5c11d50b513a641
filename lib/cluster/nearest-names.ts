/** At most three of the names that could have been meant, best first: those within a third of its length in edits, or that hold it. */
export function nearestNames(name: string, names: readonly string[]): readonly string[] {
	const most = Math.max(2, Math.round(name.length / 3));
	const near = names
		.map(other => ({other, edits: other.includes(name) ? 1 : editDistance(name, other, most)}))
		.filter(({edits}) => edits <= most)
		.sort((a, b) => a.edits - b.edits || (a.other < b.other ? -1 : 1));
	return near
		.filter(({edits}) => edits <= Math.max(2, near[0]?.edits ?? 0))
		.slice(0, 3)
		.map(({other}) => other);
}

/** Insertions, deletions and replacements that make one of the other; any number above `most` where there are more. */
function editDistance(a: string, b: string, most: number): number {
	if (Math.abs(a.length - b.length) > most) {
		return most + 1;
	}

	let above = Array.from({length: b.length + 1}, (_, column) => column);
	for (let row = 1; row <= a.length; row += 1) {
		const line = [row];
		for (let column = 1; column <= b.length; column += 1) {
			const replace = (above[column - 1] ?? 0) + (a[row - 1] === b[column - 1] ? 0 : 1);
			line.push(Math.min(replace, (above[column] ?? 0) + 1, (line[column - 1] ?? 0) + 1));
		}

		if (Math.min(...line) > most) {
			return most + 1;
		}

		above = line;
	}

	return above.at(-1) ?? 0;
}
