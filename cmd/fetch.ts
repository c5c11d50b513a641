import {Readable} from 'node:stream';
import {Agents} from '../lib/cluster/agents.ts';
import {flatHeaders, sendOnce} from '../lib/cluster/http-try.ts';
import {proxyFor} from '../lib/cluster/proxy.ts';
import type {Environment} from '../lib/print/output.ts';
import type {Fetch} from '../lib/release/remote-source.ts';
import {version} from '../lib/version.ts';

/** Answers of which no body may be told. */
const bodiless = [204, 205, 304];

/**
What the global `fetch` would do, but through the proxy that the environment names, which that does not heed unless the process was started
with NODE_USE_ENV_PROXY. The same proxies, and the same exceptions, as for the API server.
*/
export function fetchThrough(env: Environment): Fetch {
	return async (url, {signal, headers}) => {
		const credential = {headers: {}};
		const proxy = proxyFor(url, undefined, env);
		const socks = proxy?.protocol.startsWith('socks') ? proxy : undefined;
		const agents = new Agents({
			server: url,
			namespace: '',
			tls: {insecure: false},
			compress: false,
			proxy,
			agent: socks && (await import('../lib/cluster/kubeconfig.ts')).socksAgents(url, socks, {}),
		});
		try {
			const response = await sendOnce({
				url,
				method: 'GET',
				headers: {...headers, 'user-agent': `kubectl-cni_upgrade/${version}`},
				body: undefined,
				agent: await agents.agentFor(credential),
				signal,
			});
			response.once('close', () => agents.close());
			const {statusCode: status = 0} = response;
			if (bodiless.includes(status)) {
				response.destroy();
			}

			return new Response(bodiless.includes(status) ? null : (Readable.toWeb(response) as ReadableStream<Uint8Array>), {
				status,
				headers: flatHeaders(response),
			});
		} catch (error) {
			agents.close();
			throw error;
		}
	};
}
