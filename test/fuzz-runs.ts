import {configureGlobal} from 'fast-check';

const asked = process.env['CNI_UPGRADE_FUZZ_RUNS'];

// What lands is tried with the same values each time, so that nobody is stopped by what another's change left; a run by hand looks further.
if (asked === undefined) {
	configureGlobal({seed: 20_261_125});
}

/** How often a property is tried: a little in every `npm test`, as often as `CNI_UPGRADE_FUZZ_RUNS` says by hand. */
export function fuzzRuns(usual: number): {readonly numRuns: number} {
	return {numRuns: Number(asked ?? usual)};
}
