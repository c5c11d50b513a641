import type {Combination} from './combinations.ts';

/** Where what happened is not what the checks say, and why that is right. */
const exceptions: readonly {
	readonly runtimes: readonly ('containerd' | 'cri-o')[];
	readonly of: (combination: Combination) => boolean;
	readonly text: RegExp;
	readonly why: string;
}[] = [
	{
		runtimes: ['cri-o'],
		of: ({chain, plugins}) => chain === 'bridge+portmap' && plugins === '1.1.1',
		text: /^check: said ok, was could not check ipv6 dnat: chain CNI-DN-\w+ not found/,
		why: "portmap 1.1.1's CHECK wants rules of IPv6 for a host port of a pod that has no such address. CRI-O sets host ports up by itself and never asks portmap for one (cri-o/cri-o:server/sandbox_network.go@v1.34.0).",
	},
	{
		runtimes: ['containerd', 'cri-o'],
		of: ({chain, cniVersion, libcni}) =>
			chain === 'weave-net' &&
			((cniVersion === '0.4.0' && libcni < '1') || (cniVersion === '1.1.0' && (libcni === '1.0.1' || libcni === '1.1.0'))),
		text: /cached result|cached 1|^add: said unsupported CNI result version "1.1.0", was ok/,
		why: "A result without a version is kept as one of 0.1.0, which CHECK and DEL cannot turn into that of a config from 0.4.0 on. The one plugin known for such results, Weave Net's, supports up to 0.3.0.",
	},
];

/** The reason, where this disagreement is a known one. */
export function exceptionTo(runtime: 'containerd' | 'cri-o', combination: Combination, text: string): string | undefined {
	return exceptions.find(
		exception => exception.runtimes.includes(runtime) && exception.of(combination) && exception.text.test(text),
	)?.why;
}
