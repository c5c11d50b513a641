import {findResource, type Resource, type Verb} from './resources.ts';

/** What a request is about, as the API server's own RequestInfo reads it from method and path. */
export type RequestInfo = {
	readonly method: string;
	readonly path: string;
	readonly query: URLSearchParams;
	/** The API verb; the lower-case method where the path is no resource. */
	readonly verb: Verb | (string & {});
	readonly group: string;
	readonly resource: string;
	readonly subresource: string;
	readonly namespace: string;
	readonly name: string;
	/** Undefined where the path is none of a resource, or of a resource that is not had. */
	readonly row: Resource | undefined;
	readonly isResource: boolean;
};

const resourcePath = /^\/(?:api\/(?<core>v1)|apis\/(?<group>[^/]+)\/(?<version>[^/]+))\/(?<rest>.+)$/;

export function readRequestInfo(method: string, url: string): RequestInfo {
	const {pathname, searchParams: query} = new URL(url, 'https://embedded');
	const groups = resourcePath.exec(pathname)?.groups;
	if (groups === undefined) {
		const verb = method.toLowerCase();
		return {
			method,
			path: pathname,
			query,
			verb,
			group: '',
			resource: '',
			subresource: '',
			namespace: '',
			name: '',
			row: undefined,
			isResource: false,
		};
	}

	const parts = (groups['rest'] ?? '').split('/').map(part => decoded(part));
	// A namespace's own path carries its name as the namespace too: GET /api/v1/namespaces/x is judged "in the namespace x".
	const namespace = parts[0] === 'namespaces' && parts.length > 1 ? (parts[1] ?? '') : '';
	const [resource = '', name = '', subresource = ''] = namespace !== '' && parts.length > 2 ? parts.slice(2) : parts;
	const group = groups['group'] ?? '';
	return {
		method,
		path: pathname,
		query,
		verb: verbOf(method, name, query),
		group,
		resource,
		subresource,
		namespace,
		name,
		row: findResource(group, groups['core'] ?? groups['version'] ?? '', resource),
		isResource: true,
	};
}

function verbOf(method: string, name: string, query: URLSearchParams): string {
	switch (method) {
		case 'GET':
			return name === '' ? (isTrue(query.get('watch')) ? 'watch' : 'list') : 'get';
		case 'POST':
			return 'create';
		case 'PUT':
			return 'update';
		case 'PATCH':
			return 'patch';
		case 'DELETE':
			return name === '' ? 'deletecollection' : 'delete';
		default:
			return method.toLowerCase();
	}
}

/** A boolean of the query as Go's conversion reads it: present and neither `false` nor `0`. */
export function isTrue(value: string | null): boolean {
	return value !== null && value !== 'false' && value !== '0';
}

/** A part of the path; one that is not encoded as it should be names nothing. */
function decoded(part: string): string {
	try {
		return decodeURIComponent(part);
	} catch {
		return part;
	}
}
