import type {Replayed} from './replay.ts';

/** A difference between rules and daemons that stays, and why. */
export type Exception = {
	readonly of: 'networks' | 'readiness' | 'outcome' | 'text' | 'noticing';
	readonly daemons: RegExp;
	readonly cases: RegExp;
	readonly steps?: RegExp;
	readonly because: string;
};

export const exceptions: readonly Exception[] = [
	{
		of: 'networks',
		daemons: /^containerd-2\.[123]/,
		cases: /^sibling-dir$/,
		because: 'libcni 1.3.0 appends the plugins of a directory beside the list, which the node script does not read',
	},
	{
		of: 'outcome',
		daemons: /^containerd-1\.7\.24-debian$/,
		cases: /^bin-dirs$/,
		because:
			"Debian's containerd 1.7 has /usr/lib/cni compiled in, and this machine has plugins there; on nodes the runtime itself is asked for its bin dirs",
	},
	{
		of: 'outcome',
		daemons: /^containerd-1\.[45]/,
		cases: /^heal-version-missing(?:-before-del)?$/,
		steps: /^del/,
		because:
			'the facts have no history: that libcni before 1.0 cannot convert the cached result of 0.1.0 is told beforehand, in the remedy',
	},
	{
		of: 'text',
		daemons: /^cri-o/,
		cases: /^(?:plugin-(?:missing|later)|ipam-missing)$/,
		because: "CRI-O's default plugin dir ends in a slash, which it prints",
	},
];

export function exceptionFor(of: Exception['of'], {row, happened}: Replayed): Exception | undefined {
	return exceptions.find(
		({of: what, daemons, cases, steps}) =>
			what === of && daemons.test(row.daemon) && cases.test(row.case) && (steps?.test(happened.step) ?? true),
	);
}
