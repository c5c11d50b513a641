import {request as startRequest} from 'node:http';
import {setTimeout as sleep} from 'node:timers/promises';

/** Makes a cluster forget its history, by etcd's JSON gateway at `url`, which speaks plain HTTP. */
export function etcdCompaction(url: string): () => Promise<void> {
	return async () => {
		// The newest revision stands in the header of any answer.
		const {header} = await post(`${url}/v3/kv/range`, {key: base64('/'), limit: 1});
		const revision = header?.revision ?? '0';
		// API servers learn of each other's compactions by this key, and forget their own snapshots at their next look.
		await post(`${url}/v3/kv/put`, {key: base64('compact_rev_key'), value: base64(revision)});
		await post(`${url}/v3/kv/compaction`, {revision, physical: true});
		await sleep(compactionPollMs);
	};
}

/** k8s.io/apiserver:pkg/storage/cacher/compactor.go looks each 15 s. */
const compactionPollMs = 17_000;

const base64 = (text: string) => Buffer.from(text).toString('base64');

type EtcdAnswer = {readonly header?: {readonly revision: string}; readonly error?: string};

async function post(url: string, body: object): Promise<EtcdAnswer> {
	const request = startRequest(url, {method: 'POST'});
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
