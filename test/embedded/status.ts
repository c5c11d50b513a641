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
			reason: this.reason,
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
	noSuchResource: () => new ApiStatus(404, 'NotFound', 'the server could not find the requested resource'),
	methodNotAllowed: () =>
		new ApiStatus(405, 'MethodNotAllowed', 'the server does not allow this method on the requested resource'),
	notAcceptable: () => new ApiStatus(406, 'NotAcceptable', 'only the following media types are accepted: application/json'),
	alreadyExists: (subject: Subject) =>
		new ApiStatus(409, 'AlreadyExists', `${qualified(subject)} already exists`, detailsOf(subject)),
	conflict(subject: Subject, why: string) {
		return new ApiStatus(409, 'Conflict', `Operation cannot be fulfilled on ${qualified(subject)}: ${why}`, detailsOf(subject));
	},
	expired: (message: string) => new ApiStatus(410, 'Expired', message),
	tooLarge: () => new ApiStatus(413, 'RequestEntityTooLarge', 'Request entity too large: limit is 3145728'),
	unsupportedMediaType: () =>
		new ApiStatus(
			415,
			'UnsupportedMediaType',
			'the body of the request was in an unknown format - accepted media types include: application/json',
		),
	invalid(
		kind: string,
		name: string,
		field: string,
		why: string,
		reason: 'FieldValueInvalid' | 'FieldValueRequired' | 'FieldValueNotFound' | 'FieldValueForbidden' = 'FieldValueInvalid',
	) {
		return new ApiStatus(422, 'Invalid', `${kind} "${name}" is invalid: ${field}: ${why}`, {
			name,
			kind,
			causes: [{reason, message: why, field}],
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
