/** Kubernetes objects as far as the embedded cluster looks into them. Stored objects are never changed in place: each write makes a new one. */
export type ObjectMeta = {
	readonly name: string;
	readonly generateName?: string;
	readonly namespace?: string;
	readonly uid: string;
	readonly resourceVersion: string;
	/** Counts the changes of the spec, where somebody has to catch up with them. */
	readonly generation?: number;
	readonly creationTimestamp: string;
	readonly deletionTimestamp?: string;
	readonly deletionGracePeriodSeconds?: number;
	readonly labels?: Readonly<Record<string, string>>;
	readonly annotations?: Readonly<Record<string, string>>;
	readonly ownerReferences?: readonly OwnerReference[];
	/** An object with finalizers that is deleted stays, marked, until somebody has taken all of them off. */
	readonly finalizers?: readonly string[];
};

export type OwnerReference = {
	readonly apiVersion: string;
	readonly kind: string;
	readonly name: string;
	readonly uid: string;
	readonly controller?: boolean;
};

export type KubeObject = {
	readonly apiVersion: string;
	readonly kind: string;
	readonly metadata: ObjectMeta;
	readonly [field: string]: unknown;
};

export type Container = {
	readonly name: string;
	readonly image: string;
	readonly imagePullPolicy?: 'Always' | 'IfNotPresent' | 'Never';
	readonly command?: readonly string[];
	readonly args?: readonly string[];
	readonly env?: readonly {readonly name: string; readonly value?: string}[];
	readonly volumeMounts?: readonly {
		readonly name: string;
		readonly mountPath: string;
		readonly subPath?: string;
		readonly readOnly?: boolean;
		readonly recursiveReadOnly?: string;
	}[];
	readonly terminationMessagePath?: string;
	readonly terminationMessagePolicy?: 'File' | 'FallbackToLogsOnError';
	readonly ports?: readonly {readonly hostPort?: number}[];
	readonly securityContext?: SecurityContext & {
		readonly privileged?: boolean;
		readonly allowPrivilegeEscalation?: boolean;
		readonly capabilities?: {readonly add?: readonly string[]; readonly drop?: readonly string[]};
	};
};

export type SecurityContext = {
	readonly runAsNonRoot?: boolean;
	readonly runAsUser?: number;
	readonly seccompProfile?: {readonly type?: string};
	readonly seLinuxOptions?: {readonly type?: string; readonly user?: string; readonly role?: string};
};

export type Volume = {
	readonly name: string;
	readonly hostPath?: {readonly path: string; readonly type?: string};
	readonly configMap?: {readonly name: string; readonly optional?: boolean};
	readonly [source: string]: unknown;
};

export type Pod = KubeObject & {
	readonly spec: {
		readonly nodeName?: string;
		readonly hostNetwork?: boolean;
		readonly hostPID?: boolean;
		readonly hostIPC?: boolean;
		readonly restartPolicy?: string;
		readonly activeDeadlineSeconds?: number;
		readonly terminationGracePeriodSeconds?: number;
		readonly priorityClassName?: string;
		readonly securityContext?: SecurityContext;
		readonly initContainers?: readonly Container[];
		readonly containers: readonly Container[];
		readonly volumes?: readonly Volume[];
		readonly [field: string]: unknown;
	};
	readonly status: {readonly phase: PodPhase; readonly [field: string]: unknown};
};

export type PodPhase = 'Pending' | 'Running' | 'Succeeded' | 'Failed' | 'Unknown';

export type Node = KubeObject & {
	readonly spec: {readonly unschedulable?: boolean; readonly [field: string]: unknown};
	readonly status: {
		readonly addresses: readonly {readonly type: string; readonly address: string}[];
		readonly conditions: readonly {readonly type: string; readonly status: string; readonly [field: string]: unknown}[];
		readonly images: readonly {readonly names: readonly string[]; readonly sizeBytes: number}[];
		readonly nodeInfo: Readonly<Record<string, string>>;
		readonly [field: string]: unknown;
	};
};

/** `NAMESPACE/NAME`, or `NAME` for what stands above namespaces; the order of these keys is the order of lists. */
export function keyOf({namespace, name}: {readonly namespace?: string | undefined; readonly name: string}): string {
	return namespace === undefined ? name : `${namespace}/${name}`;
}

/** A time as the API writes it: RFC 3339 in UTC, whole seconds. */
export function timestamp(ms: number = Date.now()): string {
	return `${new Date(ms).toISOString().slice(0, 19)}Z`;
}
