/** A Kubernetes `Status` failure, thrown by whatever refuses a request and sent as the answer's body. */
export class ApiStatus extends Error {
	override name = 'ApiStatus' as const;
	readonly code: number;
	readonly reason: string;
	readonly details: StatusDetails | undefined;

	constructor(code: number, reason: string, message: string, details?: StatusDetails) {
		super(message);
		this.code = code;
		this.reason = reason;
		this.details = details;
	}

	get body() {
		return {
			kind: 'Status',
			apiVersion: 'v1',
			metadata: {},
			status: 'Failure',
			message: this.message,
			...(this.reason !== '' && {reason: this.reason}),
			...(this.details && {details: this.details}),
			code: this.code,
		};
	}
}

export type StatusDetails = {
	readonly name?: string;
	readonly group?: string;
	readonly kind?: string;
	readonly uid?: string;
	readonly retryAfterSeconds?: number;
	readonly causes?: readonly {readonly reason?: string; readonly message?: string; readonly field?: string}[];
};

type FieldReason =
	| 'FieldValueInvalid'
	| 'FieldValueRequired'
	| 'FieldValueNotFound'
	| 'FieldValueForbidden'
	| 'FieldValueNotSupported';

/** What an error is about: `pods "x"`, or `deployments.apps "x"`. */
type Subject = {readonly group: string; readonly resource: string; readonly name?: string | undefined};

/** The texts are those of apimachinery's `errors.go`. */
export const refuse = {
	badRequest: (message: string) => new ApiStatus(400, 'BadRequest', message),
	unauthorized: () => new ApiStatus(401, 'Unauthorized', 'Unauthorized'),
	forbidden(subject: Subject, why: string, causes?: StatusDetails['causes']) {
		return new ApiStatus(403, 'Forbidden', `${qualified(subject)} is forbidden: ${why}`, {
			...detailsOf(subject),
			...(causes && {causes}),
		});
	},
	notFound: (subject: Subject) => new ApiStatus(404, 'NotFound', `${qualified(subject)} not found`, detailsOf(subject)),
	noSuchResource: () => new ApiStatus(404, 'NotFound', 'the server could not find the requested resource', {}),
	methodNotAllowed: () =>
		new ApiStatus(405, 'MethodNotAllowed', 'the server does not allow this method on the requested resource', {}),
	notAcceptable: () =>
		new ApiStatus(
			406,
			'NotAcceptable',
			'406: Not Acceptable\n\nAvailable representations: application/json, application/yaml, application/vnd.kubernetes.protobuf',
			{},
		),
	alreadyExists: (subject: Subject) =>
		new ApiStatus(409, 'AlreadyExists', `${qualified(subject)} already exists`, detailsOf(subject)),
	conflict(subject: Subject, why: string) {
		return new ApiStatus(409, 'Conflict', `Operation cannot be fulfilled on ${qualified(subject)}: ${why}`, detailsOf(subject));
	},
	versionTooLarge: (wanted: string, current: number) =>
		new ApiStatus(504, 'Timeout', `Timeout: Too large resource version: ${wanted}, current: ${current}`, {
			causes: [{reason: 'ResourceVersionTooLarge', message: 'Too large resource version'}],
			retryAfterSeconds: 1,
		}),
	expired: (message: string) => new ApiStatus(410, 'Expired', message),
	tooLarge: () => new ApiStatus(413, 'RequestEntityTooLarge', 'Request entity too large: limit is 3145728'),
	unsupportedMediaType: () =>
		new ApiStatus(
			415,
			'UnsupportedMediaType',
			'the body of the request was in an unknown format - accepted media types include: application/json, application/yaml, application/vnd.kubernetes.protobuf',
		),
	invalid(
		of: string | {readonly group: string; readonly kind: string},
		name: string,
		field: string,
		why: string,
		reason?: FieldReason,
	) {
		return refuse.invalidFields(of, name, [{field, message: why, ...(reason && {reason})}]);
	},
	invalidFields(
		of: string | {readonly group: string; readonly kind: string},
		name: string,
		fields: readonly {readonly field: string; readonly message: string; readonly reason?: FieldReason}[],
	) {
		const {group, kind} = typeof of === 'string' ? {group: '', kind: of} : of;
		const texts = fields.map(({field, message}) => `${field}: ${message}`);
		const list = texts.length === 1 ? texts[0] : `[${texts.join(', ')}]`;
		return new ApiStatus(422, 'Invalid', `${qualified({group, resource: kind})} "${name}" is invalid: ${list}`, {
			...(name !== '' && {name}),
			...(group !== '' && {group}),
			kind,
			causes: fields.map(({field, message, reason = 'FieldValueInvalid'}) => ({reason, message, field})),
		});
	},
	tooManyRequests(message: string, cause: string, retryAfterSeconds: number) {
		return new ApiStatus(429, 'TooManyRequests', message, {
			causes: [{reason: 'DisruptionBudget', message: cause}],
			...(retryAfterSeconds > 0 && {retryAfterSeconds}),
		});
	},
	internal: (message: string) =>
		new ApiStatus(500, 'InternalError', message, {causes: [{message: message.replace('Internal error occurred: ', '')}]}),
	/** For what a real API server has and this one does not. */
	notImplemented: (what: string) => new ApiStatus(501, 'NotImplemented', `the embedded cluster does not have ${what}`),
} as const;

function qualified({group, resource, name}: Subject): string {
	const type = group === '' ? resource : `${resource}.${group}`;
	return name === undefined || name === '' ? type : `${type} "${name}"`;
}

function detailsOf({group, resource, name}: Subject): StatusDetails {
	return {...(name !== undefined && name !== '' && {name}), ...(group !== '' && {group}), kind: resource};
}
