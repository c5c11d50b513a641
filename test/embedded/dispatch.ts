import type {ServerResponse} from 'node:http';
import type {Admission} from './admission.ts';
import {send} from './body.ts';
import {discover, isGroupVersion} from './discovery.ts';
import {answerEviction} from './eviction.ts';
import {findContainer, requireNode} from './exec.ts';
import type {WatchFault} from './faults.ts';
import {answerList} from './list.ts';
import {keyOf} from './objects.ts';
import type {RequestInfo} from './request-info.ts';
import type {Resource, Verb} from './resources.ts';
import {answerReview, answerRulesReview} from './review.ts';
import {negotiate, shapeObject} from './shape.ts';
import {refuse} from './status.ts';
import type {Store} from './store.ts';
import {answerPatch, answerUpdate} from './updates.ts';
import type {User} from './users.ts';
import {openWatch} from './watch.ts';
import {answerCreate, answerDelete, answerDeleteCollection, type Write} from './writes.ts';

/** What requests are carried out on. */
export type Backend = {
	readonly store: Store;
	readonly admission: Admission;
	/** Answers GET of a pod's log by itself: what a kubelet holds is no object. */
	readonly answerLog: (info: RequestInfo, response: ServerResponse) => void;
};

/** One request that may be carried out. */
export type Allowed = {
	readonly info: RequestInfo;
	readonly user: User;
	readonly accept: string | undefined;
	readonly body: unknown;
	readonly contentType: string;
	readonly response: ServerResponse;
	readonly watchFault: WatchFault | undefined;
};

/** Carries out a request and answers it; throws an ApiStatus where it cannot be. */
export function dispatch(backend: Backend, allowed: Allowed): void {
	const {info, response} = allowed;
	if (!info.isResource) {
		send(response, 200, discover(info.path));
		return;
	}

	const {row} = info;
	if (row === undefined && !isGroupVersion(info.path)) {
		response.writeHead(404, {'content-type': 'text/plain; charset=utf-8'}).end('404 page not found\n');
		return;
	}

	if (row === undefined || (row.namespaced && info.namespace === '' && !['list', 'watch'].includes(info.verb))) {
		throw refuse.noSuchResource();
	}

	if (info.name === '' && ['update', 'patch'].includes(info.verb)) {
		throw refuse.methodNotAllowed();
	}

	const verbs = info.subresource === '' ? row.verbs : row.subresources[info.subresource];
	if (verbs === undefined) {
		throw refuse.notImplemented(`the subresource ${row.resource}/${info.subresource}`);
	}

	if (!verbs.includes(info.verb as Verb)) {
		throw info.subresource === '' && ['update', 'patch', 'deletecollection'].includes(info.verb)
			? refuse.notImplemented(`${info.verb} of ${row.resource}`)
			: refuse.methodNotAllowed();
	}

	switch (info.subresource) {
		case 'log':
			backend.answerLog(info, response);
			break;
		case 'exec':
			requireNode(findContainer(backend.store, info).pod);
			throw refuse.badRequest('Upgrade request required');
		case 'eviction':
			send(response, 201, answerEviction(writeOf(backend, allowed, row)));
			break;
		default:
			answer(backend, allowed, row);
	}
}

function writeOf({store, admission}: Backend, {info, body, accept, response}: Allowed, row: Resource): Write {
	// A warning's text stands in quotation marks (RFC 7234, 5.5).
	const warn = (text: string) => response.appendHeader('warning', `299 - ${JSON.stringify(text)}`);
	return {store, admission, info, row, body, accept, warn};
}

function answer(backend: Backend, allowed: Allowed, row: Resource): void {
	const {store} = backend;
	const {info, user, accept, body, contentType, response, watchFault} = allowed;
	const write = writeOf(backend, allowed, row);
	switch (info.verb) {
		case 'get':
			send(response, 200, answerGet(store, info, row, accept));
			break;
		case 'list':
			send(response, 200, answerList(store, info, row, accept));
			break;
		case 'watch':
			openWatch(store, info, row, accept, response, watchFault);
			break;
		case 'create':
			send(response, 201, reviews[row.resource]?.(user, body) ?? answerCreate(write));
			break;
		case 'update': {
			const updated = answerUpdate(write);
			send(response, updated.code, updated.body);
			break;
		}

		case 'patch':
			send(response, 200, answerPatch(write, contentType));
			break;
		case 'delete':
			send(response, 200, answerDelete(write));
			break;
		case 'deletecollection':
			send(response, 200, answerDeleteCollection(write));
			break;
		default:
			throw refuse.notImplemented(`${info.verb} of ${row.resource}`);
	}
}

/** Questions that are created and never kept. */
const reviews: Readonly<Record<string, (user: User, body: unknown) => unknown>> = {
	selfsubjectaccessreviews: answerReview,
	selfsubjectrulesreviews: answerRulesReview,
};

function answerGet(store: Store, info: RequestInfo, row: Resource, accept: string | undefined): unknown {
	const shape = negotiate(accept, row);
	const object = store.get(row.resource, keyOf({namespace: row.namespaced ? info.namespace : undefined, name: info.name}));
	if (object === undefined) {
		throw refuse.notFound({group: row.group, resource: row.resource, name: info.name});
	}

	return shapeObject(object, shape, info);
}
