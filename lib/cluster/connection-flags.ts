/** The part of kubectl's flags that says where the cluster is and who asks. Absent or undefined: as the kubeconfig says. */
export type ConnectionFlags = {
	/** The only file that is read; it has to exist. */
	readonly kubeconfig?: string | undefined;
	readonly context?: string | undefined;
	readonly cluster?: string | undefined;
	readonly user?: string | undefined;
	readonly server?: string | undefined;
	readonly token?: string | undefined;
	readonly as?: string | undefined;
	readonly asGroup?: readonly string[] | undefined;
	readonly asUid?: string | undefined;
	readonly insecureSkipTlsVerify?: boolean | undefined;
	/** Files, as the three below. */
	readonly certificateAuthority?: string | undefined;
	readonly clientCertificate?: string | undefined;
	readonly clientKey?: string | undefined;
	readonly tlsServerName?: string | undefined;
	/** Milliseconds for one try of one request; 0: no limit. */
	readonly requestTimeout?: number | undefined;
};
