import type {Api} from './api.ts';
import {ApiError, notAnApiServer} from './errors.ts';
import {asList, asObject, asText, field, type JsonObject} from './json.ts';

export type ListAll = {
	readonly path: string;
	readonly query: Readonly<Record<string, string | undefined>>;
	readonly accept?: string;
	/** Objects a page; absent: all in one. */
	readonly limit?: number;
	/** What the answer may be. */
	readonly kinds: readonly string[];
	readonly signal: AbortSignal;
	/** The list begins anew: what was given so far counts no more. */
	readonly restart: () => void;
};

/** More pages than any cluster has. */
const mostPages = 2_000;

/** Times that a list may begin anew since the server forgot the version that its pages are of. */
const mostRestarts = 3;

/**
Gives a list page by page, so that no more than one is held.
@returns The list's resource version.
*/
export async function listAll(
	api: Api,
	list: ListAll,
	take: (items: readonly unknown[], page: JsonObject) => void,
): Promise<string> {
	const seen = new Set<string>();
	let token: string | undefined;
	let restarts = 0;
	for (;;) {
		let page: JsonObject;
		try {
			page = await onePage(api, list, token);
		} catch (error) {
			if (!(error instanceof ApiError && error.status === 410) || token === undefined || restarts >= mostRestarts) {
				throw error;
			}

			restarts += 1;
			token = undefined;
			seen.clear();
			list.restart();
			continue;
		}

		take(asList(field(page, 'items')), page);
		token = asText(field(page, 'metadata', 'continue'));
		if (token === '') {
			return asText(field(page, 'metadata', 'resourceVersion'));
		}

		if (seen.has(token) || seen.size >= mostPages) {
			throw notAnApiServer(api.server, `gave a list of ${list.path} that has no end`);
		}

		seen.add(token);
	}
}

async function onePage(
	api: Api,
	{path, query, accept, limit, kinds, signal}: ListAll,
	token: string | undefined,
): Promise<JsonObject> {
	const {json} = await api.request({
		path,
		query: {...query, limit, continue: token},
		...(accept !== undefined && {accept}),
		signal,
	});
	return oneKind(api, json, kinds);
}

/** The object, which has to be of one of these kinds: what else answers 200 is no API server, or not the one that we think. */
export function oneKind(api: Pick<Api, 'server'>, json: unknown, kinds: readonly string[]): JsonObject {
	const kind = asText(field(json, 'kind'));
	if (!kinds.includes(kind)) {
		throw notAnApiServer(
			api.server,
			`answered ${kind === '' ? 'something without a kind' : `a ${kind.slice(0, 80)}`} where ${kinds.join(' or ')} was asked for`,
		);
	}

	return asObject(json);
}
