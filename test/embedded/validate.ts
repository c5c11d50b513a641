import type {KubeObject} from './objects.ts';
import type {Resource} from './resources.ts';
import {refuse} from './status.ts';

/** Refuses what the API server would not keep, of the kinds that our client writes. */
export function validate(object: KubeObject, row: Resource): void {
	validators[row.resource]?.(object, row);
}

const validators: Readonly<Record<string, (object: KubeObject, row: Resource) => void>> = {
	leases: validateLease,
	events: validateEvent,
	poddisruptionbudgets: validateBudget,
	nodes: validateNode,
	namespaces: validateNamespace,
};

type Fields = Readonly<Record<string, unknown>>;

function validateLease(object: KubeObject, row: Resource): void {
	const {leaseDurationSeconds, leaseTransitions, acquireTime, renewTime} = (object['spec'] ?? {}) as Fields;
	for (const time of [acquireTime, renewTime]) {
		requireMicroTime(time, row);
	}

	const {name} = object.metadata;
	if (leaseDurationSeconds !== undefined && Number(leaseDurationSeconds) <= 0) {
		throw refuse.invalid(
			row,
			name,
			'spec.leaseDurationSeconds',
			`Invalid value: ${Number(leaseDurationSeconds)}: must be greater than 0`,
		);
	}

	if (leaseTransitions !== undefined && Number(leaseTransitions) < 0) {
		throw refuse.invalid(
			row,
			name,
			'spec.leaseTransitions',
			`Invalid value: ${Number(leaseTransitions)}: must be greater than or equal to 0`,
		);
	}
}

/** A `MicroTime` has six digits after the second, no more and no fewer (apimachinery: `RFC3339Micro`). */
function requireMicroTime(time: unknown, {kind, version}: Resource): void {
	const whole = typeof time === 'string' ? /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?<rest>.*)$/.exec(time)?.groups?.['rest'] : undefined;
	if (time !== undefined && time !== null && !/^\.\d{6}(Z|[+-]\d\d:\d\d)$/.test(whole ?? '')) {
		const where = whole === undefined ? `cannot parse ${JSON.stringify(time)} as "2006"` : `cannot parse "${whole}" as ".000000"`;
		throw refuse.badRequest(
			`${kind} in version "${version}" cannot be handled as a ${kind}: parsing time ${JSON.stringify(time)} as "2006-01-02T15:04:05.000000Z07:00": ${where}`,
		);
	}
}

/** An event about something above namespaces stands in the namespace `default`. */
function validateEvent(object: KubeObject, row: Resource): void {
	requireMicroTime(object['eventTime'], row);
	const {namespace: about = ''} = (object['involvedObject'] ?? {}) as {readonly namespace?: string};
	const {name, namespace = ''} = object.metadata;
	if (about === '' ? namespace !== 'default' : about !== namespace) {
		throw refuse.invalid(row, name, 'involvedObject.namespace', `Invalid value: "${about}": does not match event.namespace`);
	}

	const fields = ['reportingComponent', 'reportingInstance', 'action'].filter(field => (object[field] ?? '') === '');
	if (object['eventTime'] !== undefined && object['eventTime'] !== null && fields.length > 0) {
		throw refuse.invalidFields(
			row,
			name,
			fields.map(field => ({field, message: 'Required value', reason: 'FieldValueRequired'})),
		);
	}
}

function validateBudget(object: KubeObject, row: Resource): void {
	const {minAvailable, maxUnavailable} = (object['spec'] ?? {}) as Fields;
	if (minAvailable !== undefined && maxUnavailable !== undefined) {
		throw refuse.invalid(
			row,
			object.metadata.name,
			'spec',
			`Invalid value: ${JSON.stringify(object['spec'])}: minAvailable and maxUnavailable cannot be both set`,
		);
	}
}

function validateNode(object: KubeObject, row: Resource): void {
	const {unschedulable} = (object['spec'] ?? {}) as Fields;
	if (unschedulable !== undefined && typeof unschedulable !== 'boolean') {
		throw refuse.badRequest(
			`${row.kind} in version "v1" cannot be handled as a ${row.kind}: json: cannot unmarshal ${typeof unschedulable} into Go struct field NodeSpec.spec.unschedulable of type bool`,
		);
	}
}

/** The levels of Pod Security are looked at when they are set (pod-security-admission:admission/admission.go, ValidateNamespace). */
function validateNamespace({metadata: {name, labels = {}}}: KubeObject, row: Resource): void {
	for (const mode of ['enforce', 'audit', 'warn']) {
		const key = `pod-security.kubernetes.io/${mode}`;
		const level = labels[key];
		if (level !== undefined && !['privileged', 'baseline', 'restricted'].includes(level)) {
			throw refuse.invalid(
				row,
				name,
				`metadata.labels[${key}]`,
				`Invalid value: "${level}": must be one of privileged, baseline, restricted`,
			);
		}
	}
}
