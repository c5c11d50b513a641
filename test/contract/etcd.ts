import {readFileSync} from 'node:fs';
import {request as plainRequest} from 'node:http';
import {request as tlsRequest} from 'node:https';
import {setTimeout as sleep} from 'node:timers/promises';

/**
How to make a cluster forget its history, by etcd's JSON gateway at `CNI_UPGRADE_TEST_ETCD` (with the PEM files
`CNI_UPGRADE_TEST_ETCD_CA`, `_CERT` and `_KEY` where it speaks TLS); undefined where that is not said.
*/
export function etcdCompaction(environment: NodeJS.ProcessEnv): (() => Promise<void>) | undefined {
	const url = environment['CNI_UPGRADE_TEST_ETCD'];
	if (url === undefined) {
		return undefined;
	}

	const file = (name: string) => {
		const path = environment[`CNI_UPGRADE_TEST_ETCD_${name}`];
		return path === undefined ? undefined : readFileSync(path, 'utf8');
	};
	const tls = {ca: file('CA'), cert: file('CERT'), key: file('KEY')};
	return async () => {
		// The newest revision stands in the header of any answer.
		const {header} = await post(`${url}/v3/kv/range`, {key: base64('/'), limit: 1}, tls);
		const revision = header?.revision ?? '0';
		// API servers learn of each other's compactions by this key, and forget their own snapshots at their next look.
		await post(`${url}/v3/kv/put`, {key: base64('compact_rev_key'), value: base64(revision)}, tls);
		await post(`${url}/v3/kv/compaction`, {revision, physical: true}, tls);
		await sleep(compactionPollMs);
	};
}

/** k8s.io/apiserver:pkg/storage/cacher/compactor.go looks each 15 s. */
const compactionPollMs = 17_000;

const base64 = (text: string) => Buffer.from(text).toString('base64');

type EtcdAnswer = {readonly header?: {readonly revision: string}; readonly error?: string};

async function post(url: string, body: object, tls: object): Promise<EtcdAnswer> {
	const request = url.startsWith('https:') ? tlsRequest(url, {method: 'POST', ...tls}) : plainRequest(url, {method: 'POST'});
	const text = await new Promise<string>((resolve, reject) => {
		request.once('error', reject).once('response', response => {
			let text = '';
			response.setEncoding('utf8').on('data', (chunk: string) => {
				text += chunk;
			});
			response.once('end', () => resolve(text)).once('error', reject);
		});
		request.end(JSON.stringify(body));
	});
	const answer = JSON.parse(text) as EtcdAnswer;
	if (answer.error !== undefined) {
		throw new Error(`etcd: ${answer.error}`);
	}

	return answer;
}
