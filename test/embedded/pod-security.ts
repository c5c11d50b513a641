import type {Container, Pod} from './objects.ts';

/** The levels of Pod Security admission, weakest first. */
export type PodSecurityLevel = 'privileged' | 'baseline' | 'restricted';

type PodSpec = Pod['spec'];

type Check = {
	readonly level: 'baseline' | 'restricted';
	readonly reason: string;
	/** At `restricted`, another check takes its place. */
	readonly onlyBaseline?: true;
	/** Why the pod is refused; undefined where it is not. */
	readonly detail: (spec: PodSpec) => string | undefined;
};

const baselineCapabilities =
	'AUDIT_WRITE CHOWN DAC_OVERRIDE FOWNER FSETID KILL MKNOD NET_BIND_SERVICE SETFCAP SETGID SETPCAP SETUID SYS_CHROOT'.split(' ');
const seLinuxTypes = ['', 'container_t', 'container_init_t', 'container_kvm_t', 'container_engine_t'];
const restrictedVolumes = [
	'configMap',
	'csi',
	'downwardAPI',
	'emptyDir',
	'ephemeral',
	'image',
	'persistentVolumeClaim',
	'projected',
	'secret',
];

/**
Checks and texts of kubernetes/pod-security-admission:policy/ (1.35), in the order in which the server names them: baseline's
first, each level by id. Left out: AppArmor, sysctls, procMount, host probes, Windows.
*/
const checks: readonly Check[] = [
	{
		level: 'baseline',
		reason: 'non-default capabilities',
		onlyBaseline: true,
		detail: spec => badCapabilities(spec, capability => baselineCapabilities.includes(capability)),
	},
	{
		level: 'baseline',
		reason: 'host namespaces',
		detail: ({hostNetwork, hostPID, hostIPC}) =>
			joined([
				hostNetwork === true && 'hostNetwork=true',
				hostPID === true && 'hostPID=true',
				hostIPC === true && 'hostIPC=true',
			]),
	},
	{
		level: 'baseline',
		reason: 'hostPath volumes',
		onlyBaseline: true,
		detail: ({volumes = []}) =>
			named(
				'volume',
				volumes.filter(({hostPath}) => hostPath !== undefined),
			),
	},
	{
		level: 'baseline',
		reason: 'hostPort',
		detail(spec) {
			const bad = containersOf(spec).filter(({ports = []}) => ports.some(({hostPort = 0}) => hostPort !== 0));
			const ports = [
				...new Set(bad.flatMap(({ports = []}) => ports.flatMap(({hostPort}) => (hostPort ? String(hostPort) : [])))),
			].sort();
			const list = named('container', bad);
			return (
				list &&
				`${list} ${bad.length === 1 ? 'uses' : 'use'} ${ports.length === 1 ? 'hostPort' : 'hostPorts'} ${ports.join(', ')}`
			);
		},
	},
	{
		level: 'baseline',
		reason: 'privileged',
		detail(spec) {
			const list = named(
				'container',
				containersOf(spec).filter(({securityContext}) => securityContext?.privileged === true),
			);
			return list && `${list} must not set securityContext.privileged=true`;
		},
	},
	{level: 'baseline', reason: 'seLinuxOptions', detail: seLinuxDetail},
	{
		level: 'restricted',
		reason: 'allowPrivilegeEscalation != false',
		detail(spec) {
			const list = named(
				'container',
				containersOf(spec).filter(({securityContext}) => securityContext?.allowPrivilegeEscalation !== false),
			);
			return list && `${list} must set securityContext.allowPrivilegeEscalation=false`;
		},
	},
	{
		level: 'restricted',
		reason: 'unrestricted capabilities',
		detail(spec) {
			const list = named(
				'container',
				containersOf(spec).filter(({securityContext}) => securityContext?.capabilities?.drop?.includes('ALL') !== true),
			);
			const drop = list && `${list} must set securityContext.capabilities.drop=["ALL"]`;
			const add = badCapabilities(spec, capability => capability === 'NET_BIND_SERVICE');
			return [drop, add].filter(text => text !== undefined).join('; ') || undefined;
		},
	},
	{
		level: 'restricted',
		reason: 'restricted volume types',
		detail({volumes = []}) {
			const bad = volumes.filter(volume => !restrictedVolumes.some(source => volume[source] !== undefined));
			const types = [...new Set(bad.map(volume => Object.keys(volume).find(key => key !== 'name') ?? 'unknown'))].sort();
			const list = named('volume', bad);
			return (
				list &&
				`${list} ${bad.length === 1 ? 'uses' : 'use'} restricted volume ${types.length === 1 ? 'type' : 'types'} ${quoted(types)}`
			);
		},
	},
	{
		level: 'restricted',
		reason: 'runAsNonRoot != true',
		detail(spec) {
			const bad = containersOf(spec).filter(
				({securityContext}) => (securityContext?.runAsNonRoot ?? spec.securityContext?.runAsNonRoot) !== true,
			);
			const list = named('container', bad);
			return list && `pod or ${list} must set securityContext.runAsNonRoot=true`;
		},
	},
	{
		level: 'restricted',
		reason: 'runAsUser=0',
		detail(spec) {
			const list = named(
				'container',
				containersOf(spec).filter(({securityContext}) => securityContext?.runAsUser === 0),
			);
			const setters = [spec.securityContext?.runAsUser === 0 ? 'pod' : undefined, list].filter(setter => setter !== undefined);
			return setters.length === 0 ? undefined : `${setters.join(' and ')} must not set runAsUser=0`;
		},
	},
	{
		level: 'restricted',
		reason: 'seccompProfile',
		detail(spec) {
			const good = (type: string | undefined) => type === 'RuntimeDefault' || type === 'Localhost';
			const bad = containersOf(spec).filter(
				({securityContext}) => !good((securityContext?.seccompProfile ?? spec.securityContext?.seccompProfile)?.type),
			);
			const list = named('container', bad);
			return list && `pod or ${list} must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost"`;
		},
	},
];

/** What of the pod violates a level, in the server's words after `violates` or `would violate`; undefined where nothing does. */
export function podSecurityViolation(spec: PodSpec, level: PodSecurityLevel, version = 'latest'): string | undefined {
	if (level === 'privileged') {
		return undefined;
	}

	const applying = checks.filter(check =>
		check.level === 'baseline' ? level === 'baseline' || check.onlyBaseline !== true : level === 'restricted',
	);
	const violations = applying.flatMap(({reason, detail}) => {
		const text = detail(spec);
		return text === undefined ? [] : `${reason} (${text})`;
	});
	return violations.length === 0 ? undefined : `PodSecurity "${level}:${version}": ${violations.join(', ')}`;
}

function containersOf({initContainers = [], containers}: PodSpec): readonly Container[] {
	return [...initContainers, ...containers];
}

function badCapabilities(spec: PodSpec, allowed: (capability: string) => boolean): string | undefined {
	const bad = containersOf(spec).filter(({securityContext}) =>
		securityContext?.capabilities?.add?.some(capability => !allowed(capability)),
	);
	const capabilities = bad.flatMap(
		({securityContext}) => securityContext?.capabilities?.add?.filter(capability => !allowed(capability)) ?? [],
	);
	const list = named('container', bad);
	return list && `${list} must not include ${quoted([...new Set(capabilities)].sort())} in securityContext.capabilities.add`;
}

function seLinuxDetail(spec: PodSpec): string | undefined {
	const all = [
		spec.securityContext?.seLinuxOptions,
		...containersOf(spec).map(({securityContext}) => securityContext?.seLinuxOptions),
	];
	const isBad = (options: (typeof all)[number]) =>
		options !== undefined && (!seLinuxTypes.includes(options.type ?? '') || Boolean(options.user) || Boolean(options.role));
	const list = named(
		'container',
		containersOf(spec).filter(({securityContext}) => isBad(securityContext?.seLinuxOptions)),
	);
	const setters = [isBad(spec.securityContext?.seLinuxOptions) ? 'pod' : undefined, list].filter(setter => setter !== undefined);
	if (setters.length === 0) {
		return undefined;
	}

	const types = [
		...new Set(all.flatMap(options => (options?.type !== undefined && !seLinuxTypes.includes(options.type) ? options.type : []))),
	].sort();
	const data = [
		types.length > 0 && `${types.length === 1 ? 'type' : 'types'} ${quoted(types)}`,
		all.some(options => Boolean(options?.user)) && 'user may not be set',
		all.some(options => Boolean(options?.role)) && 'role may not be set',
	].filter(text => text !== false);
	return `${setters.join(' and ')} set forbidden securityContext.seLinuxOptions: ${data.join('; ')}`;
}

function joined(texts: readonly (string | false)[]): string | undefined {
	return texts.filter(text => text !== false).join(', ') || undefined;
}

/** `container "a"`, `containers "a", "b"`; undefined for none. */
function named(noun: string, items: readonly {readonly name: string}[]): string | undefined {
	return items.length === 0 ? undefined : `${items.length === 1 ? noun : `${noun}s`} ${quoted(items.map(({name}) => name))}`;
}

function quoted(texts: readonly string[]): string {
	return texts.map(text => `"${text}"`).join(', ');
}
