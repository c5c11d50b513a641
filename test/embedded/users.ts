import type {RequestInfo} from './request-info.ts';
import {refuse} from './status.ts';

/** Who may do what: a Role or ClusterRole and its binding in one row. */
export type Rule = {
	readonly verbs: readonly string[];
	/** Default: the core group. */
	readonly apiGroups?: readonly string[];
	/** Plural names; subresources as `pods/log`; `*` for all. */
	readonly resources: readonly string[];
	readonly resourceNames?: readonly string[];
	/** Only in these namespaces; left out: everywhere, and above namespaces. */
	readonly namespaces?: readonly string[];
};

export type User = {
	readonly name: string;
	readonly token: string;
	readonly rules: readonly Rule[];
};

/** What a rule is held against: the resource attributes of a request or of an access review. */
export type Attributes = {
	readonly verb: string;
	readonly group: string;
	readonly resource: string;
	readonly subresource: string;
	readonly namespace: string;
	readonly name: string;
};

/** May do everything. */
export const everything: readonly Rule[] = [{verbs: ['*'], apiGroups: ['*'], resources: ['*']}];

const anonymous: User = {name: 'system:anonymous', token: '', rules: []};

/** Paths that `system:public-info-viewer` and `system:discovery` open to everybody, or to every user. */
const publicPaths = /^\/(version|healthz|livez|readyz)\/?$/;
const discoveryPaths = /^\/(api|apis)(\/[^/]+){0,2}\/?$/;

/** What every user may ask of itself (`system:basic-user`). */
const basicUser: Rule = {
	verbs: ['create'],
	apiGroups: ['authorization.k8s.io'],
	resources: ['selfsubjectaccessreviews', 'selfsubjectrulesreviews'],
};

export class Users {
	readonly #byName: Map<string, User>;

	constructor(users: readonly User[]) {
		this.#byName = new Map(users.map(user => [user.name, user]));
	}

	get(name: string): User | undefined {
		return this.#byName.get(name);
	}

	add(user: User): void {
		this.#byName.set(user.name, user);
	}

	/** Gives a user other rules from now on, as an administrator would in the middle of a run. */
	setRules(name: string, rules: readonly Rule[]): void {
		const user = this.#byName.get(name);
		if (user === undefined) {
			throw new Error(`no user ${name}`);
		}

		this.#byName.set(name, {...user, rules});
	}

	/** A token that from now on is answered with 401, or another one for a user whose credentials were renewed. */
	setToken(name: string, token: string): void {
		const user = this.#byName.get(name);
		if (user === undefined) {
			throw new Error(`no user ${name}`);
		}

		this.#byName.set(name, {...user, token});
	}

	/** The user behind a request's headers, with impersonation; throws 401 or 403. */
	authenticate(headers: NodeJS.Dict<string | string[]>): User {
		const bearer = /^Bearer +(?<token>\S+)$/i.exec(String(headers['authorization'] ?? ''))?.groups?.['token'];
		if (headers['authorization'] !== undefined && bearer === undefined) {
			throw refuse.unauthorized();
		}

		const user = bearer === undefined ? anonymous : [...this.#byName.values()].find(({token}) => token === bearer);
		if (user === undefined) {
			throw refuse.unauthorized();
		}

		const as = headers['impersonate-user'];
		return as === undefined ? user : this.#impersonate(user, String(as));
	}

	#impersonate(user: User, as: string): User {
		const attributes = {verb: 'impersonate', group: '', resource: 'users', subresource: '', namespace: '', name: as};
		if (!allows(user, attributes)) {
			throw refuse.forbidden(attributes, forbiddenMessage(user, attributes));
		}

		return this.#byName.get(as) ?? {name: as, token: '', rules: []};
	}
}

/** Throws 403 with the API server's own text where the user may not do what the request asks. */
export function authorize(user: User, info: RequestInfo): void {
	if (info.isResource) {
		if (!allows(user, info)) {
			throw refuse.forbidden(info, forbiddenMessage(user, info));
		}

		return;
	}

	const open = publicPaths.test(info.path) || (user !== anonymous && discoveryPaths.test(info.path));
	if (!open && !user.rules.some(({verbs, resources}) => verbs.includes('*') && resources.includes('*'))) {
		throw refuse.forbidden({group: '', resource: ''}, `User "${user.name}" cannot ${info.verb} path "${info.path}"`);
	}
}

/** Every rule of a user, with those that all users have. */
export function rulesOf(user: User): readonly Rule[] {
	return user === anonymous ? user.rules : [...user.rules, basicUser];
}

export function allows(user: User, attributes: Attributes): boolean {
	const resource = attributes.subresource === '' ? attributes.resource : `${attributes.resource}/${attributes.subresource}`;
	return rulesOf(user).some(
		({verbs, apiGroups = [''], resources, resourceNames, namespaces}) =>
			covers(verbs, attributes.verb) &&
			covers(apiGroups, attributes.group) &&
			(covers(resources, resource) || (attributes.subresource !== '' && resources.includes(`*/${attributes.subresource}`))) &&
			(resourceNames === undefined || resourceNames.includes(attributes.name)) &&
			(namespaces === undefined || namespaces.includes(attributes.namespace)),
	);
}

function covers(list: readonly string[], value: string): boolean {
	return list.includes('*') || list.includes(value);
}

function forbiddenMessage(user: User, {verb, group, resource, subresource, namespace}: Attributes): string {
	const full = subresource === '' ? resource : `${resource}/${subresource}`;
	const where = namespace === '' ? 'at the cluster scope' : `in the namespace "${namespace}"`;
	return `User "${user.name}" cannot ${verb} resource "${full}" in API group "${group}" ${where}`;
}
