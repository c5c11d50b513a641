import type {Api, ApiRequest, ApiSocket} from '../../lib/cluster/api.ts';

export type FakeApi = Api & {readonly asked: ApiRequest[]};

/** An API of canned answers: each request takes the next; an Error is thrown, a function is called. */
export function fakeApi(...answers: readonly unknown[]): FakeApi {
	const asked: ApiRequest[] = [];
	const next = (request: ApiRequest): unknown => {
		const answer = answers[asked.length];
		asked.push(request);
		if (asked.length > answers.length) {
			throw new Error(`nobody expected ${request.method ?? 'GET'} ${request.path}`);
		}

		if (answer instanceof Error) {
			throw answer;
		}

		return typeof answer === 'function' ? (answer as (request: ApiRequest) => unknown)(request) : answer;
	};

	return {
		asked,
		request: async request => ({status: 200, headers: {}, json: next(request), text: ''}),
		stream: async request => next(request) as AsyncIterable<string>,
		upgrade: async request => next(request) as ApiSocket,
		server: 'https://test',
		namespace: 'default',
		counts: {requests: 0, throttled: 0},
		close: () => undefined,
	};
}
