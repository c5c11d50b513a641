/** How often a property is tried: a little in every `npm test`, as often as `CNI_UPGRADE_FUZZ_RUNS` says by hand. */
export function fuzzRuns(usual: number): {readonly numRuns: number} {
	return {numRuns: Number(process.env['CNI_UPGRADE_FUZZ_RUNS'] ?? usual)};
}
