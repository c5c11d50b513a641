/** Milliseconds of each unit of a Go duration. */
const units: Readonly<Record<string, number>> = {
	ns: 1e-6,
	us: 1e-3,
	µs: 1e-3,
	μs: 1e-3,
	ms: 1,
	s: 1000,
	m: 60_000,
	h: 3_600_000,
};

/**
A duration as Go writes it, such as `30s`, `1h15m` or `1.5h`, in milliseconds; undefined where it is none. `0` needs no unit.
Negative ones are none: no flag of ours means anything by them.
*/
export function parseDuration(text: string): number | undefined {
	if (text === '0') {
		return 0;
	}

	if (!/^(?:(?:\d+\.?\d*|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+$/.test(text)) {
		return undefined;
	}

	let total = 0;
	for (const [, amount, unit] of text.matchAll(/([\d.]+)(ns|us|µs|μs|ms|s|m|h)/g)) {
		total += Number(amount) * (units[unit ?? ''] ?? Number.NaN);
	}

	return Number.isFinite(total) ? total : undefined;
}
