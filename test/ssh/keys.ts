/** Keys as known_hosts lines have them, TYPE BASE64. Those of the server, another one of a type it has, and a certificate of its first. */
export type Keys = {
	readonly ed25519: string;
	readonly ecdsa: string;
	readonly rsa: string;
	readonly other: string;
	readonly ca: string;
	/** The authority's word for `ed25519`. */
	readonly certificate: string;
};

/** Made once with ssh-keygen; their private halves are gone. */
export const recordedKeys: Keys = {
	ed25519: 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIB/DqJ5SYERXZEmmgV3Qo+lXLtqisUKn3WIMHhM0f95K',
	ecdsa:
		'ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBNmXsnEIdGdhlJR0bilQSZA7itFGpUDfgTS8suJjFllsM8NR/NtBRyf011lhSKRedCHJj0wL5iPxgt+YvsBYeVA=',
	rsa: 'ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABAQChVaSaB50+hFzX3eMN3uD7FgWhFtvH/8G9iHD4gbusXH8JGMp4DJEbIJ3zi4gOn+PfmrWm0lKc26dKYRD/+ebe7LrMmo4F9yShRUEIMxr9byTs1pqpH3JlCQQRDU/1NYe8jg4iVgN1rj/MrKeDnOz83juTgKgdyXIxcNMXYLJmWzOf9ReCVxN7wINsAt5FPWctaCjlyOFxxlvKCeNb940/gUHlcSMk2ojXjkSVdcStx+y8JwKUBdXEuSBZ0NE54KObN8fp2IIFqJ89lEWnPkUQmMokJyKPbSNEFT1idNAkJG7z1OJljG/Lu6Ak0wVr1D5I+PEG6ot6qDh4lr6zG3xN',
	other: 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIC2rUZxBuGFoZtVMSlvTdxWVMC1ca5S5pYUWq6aC6NUw',
	ca: 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIEd0SweC7Pb5HqUyQowwAnThSXGmIzXPkmMZcfN87mzR',
	certificate:
		'ssh-ed25519-cert-v01@openssh.com AAAAIHNzaC1lZDI1NTE5LWNlcnQtdjAxQG9wZW5zc2guY29tAAAAIDyCwaTRtzHvMEerZOqCyIMzXVdvhslFZD+IVm8Qqc7YAAAAIB/DqJ5SYERXZEmmgV3Qo+lXLtqisUKn3WIMHhM0f95KAAAAAAAAAAAAAAACAAAAAXgAAAAFAAAAAWgAAAAAAAAAAP//////////AAAAAAAAAAAAAAAAAAAAMwAAAAtzc2gtZWQyNTUxOQAAACBHdEsHguz2+R6lMkKMMAJ04UlxpiM1z5JjGXHzfO5s0QAAAFMAAAALc3NoLWVkMjU1MTkAAABAQA+tIrmhFUPU10PINjpN54HUoOwq/Ub0MyulcWGkAKPNvTYeGjNX6ZyNZFyMGhj0vy6pb+rlAtCl+O2HXAqJBw==',
};

/** More types, for the parser alone. */
export const moreKeys = {
	nistp384:
		'ecdsa-sha2-nistp384 AAAAE2VjZHNhLXNoYTItbmlzdHAzODQAAAAIbmlzdHAzODQAAABhBD2O3vsVhPUUDx6fmz9tSBeU6xUSsgKOs2Ch8XfYEaPUPLFKH6VVt9R/ELLs1D526aQGaMgKXoiKUAoZ/1EKc5uhgC6tPElA5WbBAbtad4+8hg1HfvR0LAJh8PAAPmVcxw==',
	nistp521:
		'ecdsa-sha2-nistp521 AAAAE2VjZHNhLXNoYTItbmlzdHA1MjEAAAAIbmlzdHA1MjEAAACFBACwErgnqiZOVdy5Z0u9k23u+XeP9Fp1pk9Y7M/hgExqx+3YDGs1mGnsX0ZT5XPbDhL4IuyC54K072wQb40O6eJ+cwH6Zf9X7bX704wKtioC+YjG2p1UJ+JMBFBYhtsg3YC+opkprutByI01pXieqZ4/aJsZVipdHcKidS0aPD3k+2DOew==',
	dsa: 'ssh-dss AAAAB3NzaC1kc3MAAACBAP1535A3HDGJt91Eov0dKawprS3CkrEsQVAyqPMmJj8mlb7Y6LkcftqyICkKEkGomaXg9mhDJpO6DJw6O8KRD/9Ze/yjNTpLfziFD134lwLKW/Ofyt5iTUTgjoO4TY+iOoJXLmQX/Pc3OwAToGIn4m5KxPywjyPVQBFIZxcX5g5XAAAAFQDims0nHhtlidD0D+9Uh9u4sKN8ewAAAIAs3RnNCFue2CEy36aXOBB1g6KSEfsGsrupppiVE7au1AA440Xhh7cCt7TsB8Nvgfe3m6aOp6wY1kG8vZYtrPPBvu7YD8MLiAgt0Imhu1uc7inzIdBxuUd8YRgDqBc7ck/zeGwYz2dlCAXITVxG8AiCK/OTlDxtonYFffkQ2+6XrwAAAIA2Q3aTTbtrU6shZzXmZD2M01stNUxdGdTeW+2kFbK9iKVbo8hMS17/YaJRh0eJjmFSwGtMiRpjtKvvURQS14h2+sTY12TkoIngzqOgpGGXH46inLA2luSLXn0iTzR2kHuWxyfXx1uZyIbr8DgUISWAaTF7n8PPM1JFZv9vVqLjfA==',
} as const;

/** The blob of TYPE BASE64. */
export function blobOf(key: string): Buffer {
	return Buffer.from(key.split(' ')[1] ?? '', 'base64');
}
