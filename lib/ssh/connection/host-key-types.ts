/** The algorithms that prove a host key, in OpenSSH's order; RSA without SHA-1, and no DSA. ssh2 knows no others. */
export const hostKeyAlgorithms = [
	'ssh-ed25519',
	'ecdsa-sha2-nistp256',
	'ecdsa-sha2-nistp384',
	'ecdsa-sha2-nistp521',
	'rsa-sha2-512',
	'rsa-sha2-256',
] as const;

export type HostKeyAlgorithm = (typeof hostKeyAlgorithms)[number];

/**
All algorithms, those for the key types that are known of this server first, so that it shows a key that can be compared.
Types that cannot be asked for (certificates, FIDO, DSA) are left out.
*/
export function orderHostKeyAlgorithms(keyTypes: readonly string[]): HostKeyAlgorithm[] {
	const known = keyTypes.flatMap(type => (type === 'ssh-rsa' ? ['rsa-sha2-512', 'rsa-sha2-256'] : [type]));
	const first = hostKeyAlgorithms.filter(algorithm => known.includes(algorithm));
	first.sort((one, other) => known.indexOf(one) - known.indexOf(other));
	return [...first, ...hostKeyAlgorithms.filter(algorithm => !known.includes(algorithm))];
}
