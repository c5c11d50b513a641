import ssh2 from 'ssh2';

/**
A new Ed25519 key pair in OpenSSH's formats. ssh2 1.17.0 writes about one of 180 such that it cannot be read, "Malformed OpenSSH private
key" (those of ssh-keygen are fine): it is thrown away.
*/
export function newSshKey(): {readonly private: string; readonly public: string} {
	for (;;) {
		const pair = ssh2.utils.generateKeyPairSync('ed25519');
		if (!(ssh2.utils.parseKey(pair.private) instanceof Error)) {
			return pair;
		}
	}
}
