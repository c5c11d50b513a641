import type {KubeObject, Pod} from './objects.ts';
import {type PodSecurityLevel, podSecurityViolation} from './pod-security.ts';
import type {RequestInfo} from './request-info.ts';
import {type ApiStatus, refuse} from './status.ts';
import type {Store} from './store.ts';

/** Refusals that a test turns on, as a quota, a policy engine or a slow controller would give them. */
export type Refusal =
	| {readonly kind: 'quota'; readonly quota: string; readonly limit: number}
	/** The quota asks for figures that the pod does not give. */
	| {readonly kind: 'quota-needs'; readonly quota: string; readonly fields: readonly string[]}
	| {readonly kind: 'webhook'; readonly webhook: string; readonly message: string}
	| {readonly kind: 'webhook-down'; readonly webhook: string}
	| {readonly kind: 'no-service-account'};

export type AdmissionOptions = {
	/** For namespaces without an enforce label: what PodSecurityConfiguration says. Kubernetes' own default is privileged, Talos' is baseline. */
	readonly podSecurityDefault?: PodSecurityLevel;
	readonly podSecurityExempt?: readonly string[];
};

/** Admission of new objects: dry run goes through it as well. */
export class Admission {
	readonly #store: Store;
	readonly #options: AdmissionOptions;
	readonly #refusals = new Map<string, Refusal>();

	constructor(store: Store, options: AdmissionOptions) {
		this.#store = store;
		this.#options = options;
	}

	/** Pods made in this namespace are refused from now on; undefined ends it. */
	refusePods(namespace: string, refusal: Refusal | undefined): void {
		if (refusal === undefined) {
			this.#refusals.delete(namespace);
		} else {
			this.#refusals.set(namespace, refusal);
		}
	}

	/** Throws what the API server answers where the object may not be made; returns the warnings that it gives where it may. */
	admit(info: RequestInfo, object: KubeObject): readonly string[] {
		const {name} = object.metadata;
		const subject = {group: info.group, resource: info.resource, name};
		if (info.namespace !== '' && info.resource !== 'namespaces') {
			this.#admitNamespace(info, subject);
		}

		if (info.resource !== 'pods') {
			return [];
		}

		const pod = object as Pod;
		const refusal = this.#refusals.get(info.namespace);
		const refused = refusal && this.#refused(refusal, subject, info.namespace);
		// Mutating and validating webhooks come before Pod Security, and the quota comes last.
		if (refusal !== undefined && refusal.kind !== 'quota' && refusal.kind !== 'quota-needs' && refused !== undefined) {
			throw refused;
		}

		this.#admitPodSecurity(pod, subject, info.namespace);
		if (refused !== undefined) {
			throw refused;
		}

		return this.#podSecurityWarnings(pod, info.namespace);
	}

	/** An eviction is new content of its namespace too. */
	admitEviction(info: RequestInfo): void {
		this.#admitNamespace(info, {group: '', resource: 'pods', name: info.name});
	}

	#admitNamespace(info: RequestInfo, subject: {group: string; resource: string; name: string}): void {
		const namespace = this.#store.get('namespaces', info.namespace);
		if (namespace === undefined) {
			throw refuse.notFound({group: '', resource: 'namespaces', name: info.namespace});
		}

		if (namespace.metadata.deletionTimestamp !== undefined) {
			const why = `unable to create new content in namespace ${info.namespace} because it is being terminated`;
			const cause = {
				reason: 'NamespaceTerminating',
				message: `namespace ${info.namespace} is being terminated`,
				field: 'metadata.namespace',
			};
			throw refuse.forbidden(subject, why, [cause]);
		}
	}

	#admitPodSecurity(pod: Pod, subject: {group: string; resource: string; name: string}, namespace: string): void {
		if (this.#options.podSecurityExempt?.includes(namespace)) {
			return;
		}

		const violation = this.#violation(pod, namespace, 'enforce', this.#options.podSecurityDefault);
		if (violation !== undefined) {
			throw refuse.forbidden(subject, `violates ${violation}`);
		}
	}

	#podSecurityWarnings(pod: Pod, namespace: string): readonly string[] {
		const violation = this.#violation(pod, namespace, 'warn');
		return violation === undefined ? [] : [`would violate ${violation}`];
	}

	#violation(
		pod: Pod,
		namespace: string,
		mode: 'enforce' | 'warn',
		otherwise: PodSecurityLevel = 'privileged',
	): string | undefined {
		const labels = this.#store.get('namespaces', namespace)?.metadata.labels ?? {};
		const level = labels[`pod-security.kubernetes.io/${mode}`] ?? otherwise;
		// A level that nobody knows is treated as restricted (admission.go, PolicyToEvaluate).
		const known: PodSecurityLevel = level === 'privileged' || level === 'baseline' ? level : 'restricted';
		return podSecurityViolation(pod.spec, known, labels[`pod-security.kubernetes.io/${mode}-version`] ?? 'latest');
	}

	#refused(refusal: Refusal, subject: {group: string; resource: string; name: string}, namespace: string): ApiStatus | undefined {
		switch (refusal.kind) {
			case 'quota': {
				const used = this.#store.list('pods', namespace).length;
				const {quota, limit} = refusal;
				return used < limit
					? undefined
					: refuse.forbidden(subject, `exceeded quota: ${quota}, requested: pods=1, used: pods=${used}, limited: pods=${limit}`);
			}

			case 'quota-needs':
				return refuse.forbidden(subject, `failed quota: ${refusal.quota}: must specify ${refusal.fields.join(',')}`);
			case 'webhook':
				return refuse.badRequest(`admission webhook "${refusal.webhook}" denied the request: ${refusal.message}`);
			case 'webhook-down': {
				const address = `https://${refusal.webhook.split('.')[0]}.policy.svc:443/validate?timeout=10s`;
				return refuse.internal(
					`Internal error occurred: failed calling webhook "${refusal.webhook}": failed to call webhook: Post "${address}": context deadline exceeded`,
				);
			}

			default:
				return refuse.forbidden(
					subject,
					`error looking up service account ${namespace}/default: serviceaccount "default" not found`,
				);
		}
	}
}
