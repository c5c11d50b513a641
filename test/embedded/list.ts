import {type KubeObject, keyOf} from './objects.ts';
import type {RequestInfo} from './request-info.ts';
import type {Resource} from './resources.ts';
import {readSelectors} from './selector.ts';
import {negotiate, shapeList} from './shape.ts';
import {refuse} from './status.ts';
import type {Store} from './store.ts';

const expiredContinue =
	'The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter.';

/** A list with selectors and, where `limit` is given, in pages that all show the state of the first one. */
export function answerList(store: Store, info: RequestInfo, row: Resource, accept: string | undefined): unknown {
	const shape = negotiate(accept, row);
	const matches = readSelectors(info.query, row.resource);
	const limit = readLimit(info.query.get('limit'));
	const token = info.query.get('continue') ?? '';
	const {objects, version, start} = token === '' ? firstPage(store, info, row) : nextPage(store, row, token);
	const remaining = (start === '' ? objects : objects.slice(firstFrom(objects, start))).filter(
		object => matches?.(object) ?? true,
	);
	const page = limit === 0 ? remaining : remaining.slice(0, limit);
	const rest = remaining.length - page.length;
	const last = page.at(-1);
	if (rest === 0 || last === undefined) {
		return shapeList(page, shape, info, row, {resourceVersion: String(version)});
	}

	if (token === '') {
		store.keepSnapshot(row.resource, objects);
	}

	return shapeList(page, shape, info, row, {
		resourceVersion: String(version),
		// The character after the last key: the next page starts at the first key that is greater.
		continue: Buffer.from(JSON.stringify({v: 'meta.k8s.io/v1', rv: version, start: `${keyOf(last.metadata)}\u0000`})).toString(
			'base64url',
		),
		...(matches === undefined && {remainingItemCount: rest}),
	});
}

type Page = {readonly objects: readonly KubeObject[]; readonly version: number; readonly start: string};

function firstPage(store: Store, info: RequestInfo, row: Resource): Page {
	const wanted = info.query.get('resourceVersion') ?? '';
	if (!/^\d*$/.test(wanted)) {
		throw refuse.badRequest(
			`invalid resource version: resourceVersion: Invalid value: "${wanted}": strconv.ParseUint: parsing "${wanted}": invalid syntax`,
		);
	}

	if (Number(wanted) > store.version) {
		// A real server waits three seconds for that version before it says so.
		throw refuse.versionTooLarge(wanted, store.version);
	}

	return {objects: store.list(row.resource, info.namespace), version: store.version, start: ''};
}

function nextPage(store: Store, row: Resource, token: string): Page {
	const {rv, start} = readToken(token);
	const objects = store.snapshot(row.resource, rv);
	if (objects === undefined) {
		throw refuse.expired(expiredContinue);
	}

	return {objects, version: rv, start};
}

function readToken(token: string): {rv: number; start: string} {
	try {
		const {v, rv, start} = JSON.parse(Buffer.from(token, 'base64url').toString()) as Record<string, unknown>;
		if (v === 'meta.k8s.io/v1' && typeof rv === 'number' && typeof start === 'string') {
			return {rv, start};
		}
	} catch {
		// Not base64 of JSON: refused below like any other foreign token.
	}

	throw refuse.badRequest(
		'invalid continue token: continue key is not valid: incorrect encoded start resourceVersion (version meta.k8s.io/v1)',
	);
}

/** 0, and any negative number: no limit. */
function readLimit(text: string | null): number {
	if (text !== null && !/^-?\d+$/.test(text)) {
		throw refuse.badRequest(`strconv.ParseInt: parsing "${text}": invalid syntax`);
	}

	return Math.max(0, Number(text ?? 0));
}

/** Index of the first object whose key is not below `start`. */
function firstFrom(objects: readonly KubeObject[], start: string): number {
	const index = objects.findIndex(({metadata}) => keyOf(metadata) >= start);
	return index === -1 ? objects.length : index;
}
