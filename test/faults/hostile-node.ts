import {gzipSync} from 'node:zlib';
import {readFrame} from '../../lib/node-script/frame.ts';
import type {NodeSetup} from '../embedded/embedded-cluster.ts';
import {heldImage} from '../embedded/images.ts';
import {frame} from '../embedded/recorded.ts';
import type {RecordedAnswer} from '../embedded/simulated-node.ts';

/** What would act on a terminal or pass for a row of the table. */
export const hostileText =
	'\u001b[2J\u001b]0;owned\u0007\u009b31m\r\b\u007f\0\u202e\u200b\nnode-00002   containerd://1.7.24   ok\n#cni-upgrade END __proto__ $(id) `id` \u2028';

type Probe = {readonly run: string; readonly uid: string};

/** Ways in which a node can lie, each for a node that would have told the truth; `neighbour`: the uid of another node. */
export const lies: Readonly<Record<string, (truth: NodeSetup, neighbour: string) => NodeSetup>> = {
	'an answer in the name of its neighbour': (truth, neighbour) =>
		answering(truth, probe => `${framed({...probe, uid: neighbour}, 'runtime name =evil\nend\n')}${framed(probe, 'end\n')}`),
	'a gzip bomb': truth =>
		answering(truth, probe =>
			frame({...probe, encoding: 'gzip+base64', payload: `${gzipSync(Buffer.alloc(2_000_000)).toString('base64')}\n`}),
		),
	'a wrong checksum': truth => answering(truth, probe => framed(probe, 'end\n').replace(/\d+\n$/, '1\n')),
	'escapes in every field': truth =>
		changing(truth, field => (field.startsWith('=') && !field.startsWith('=%7B') ? `${field}${encoded(hostileText)}` : field)),
	'keys of Object in its JSON': truth =>
		changing(truth, field =>
			field.startsWith('=%7B')
				? `=${encoded('{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}},"plugins":[{"type":"__proto__"}]}')}`
				: field,
		),
	'a runtime named __proto__': truth => changing(truth, field => (field === '=containerd' ? '=__proto__' : field)),
	'names as long as its answer may be': truth =>
		answering(truth, probe => framed(probe, `runtime name =${'x'.repeat(40_000)}\nwanted ${'y'.repeat(20_000)} searched\nend\n`)),
	'thousands of records': truth =>
		answering(truth, probe => framed(probe, `${'wanted x searched\nbinary x /opt/cni/bin/x elf yes\n'.repeat(1300)}end\n`)),
	'rows of others in its file names': truth =>
		changing(truth, field => (field.startsWith('/') ? `${field}${encoded(hostileText)}` : field)),
	'a log without end': truth => ({...answering(truth, () => ''), faults: [{kind: 'endless-log'}]}),
	'a pod that fails in escapes': truth => ({
		...truth,
		faults: [{kind: 'pod-failed', reason: `Evicted${hostileText}`, message: hostileText}],
	}),
	'an object full of escapes': truth => ({...truth, object: hostileObject(truth.object)}),
	'no image at all': truth => ({...truth, object: {...truth.object, status: {...truth.object.status, images: []}}}),
	'an image of its own': truth => ({
		...truth,
		object: {...truth.object, status: {...truth.object.status, images: [heldImage('evil.example.com/pause:6.6.6', 1)]}},
	}),
};

function answering(truth: NodeSetup, answer: RecordedAnswer): NodeSetup {
	return {...truth, host: {kind: 'recorded', answer}};
}

/** The truth, each field of its records changed. */
function changing(truth: NodeSetup, change: (field: string) => string): NodeSetup {
	return answering(truth, probe => {
		const said = truth.host.kind === 'recorded' ? truth.host.answer(probe) : '';
		const read = readFrame(typeof said === 'string' ? said : '', probe);
		const records = read.kind === 'answer' ? read.records : '';
		return framed(
			probe,
			records
				.split('\n')
				.map(line =>
					line
						.split(' ')
						.map((field, index) => (index === 0 ? field : change(field)))
						.join(' '),
				)
				.join('\n'),
		);
	});
}

function framed({run, uid}: Probe, payload: string): string {
	return frame({run, uid, encoding: 'plain', payload});
}

function encoded(text: string): string {
	return [...Buffer.from(text)].map(byte => `%${byte.toString(16).padStart(2, '0')}`).join('');
}

function hostileObject(object: NodeSetup['object']): NodeSetup['object'] {
	const {status, metadata} = object;
	return {
		...object,
		metadata: {
			...metadata,
			labels: {...metadata.labels, 'eks.amazonaws.com/nodegroup': hostileText},
			annotations: {
				...metadata.annotations,
				...(JSON.parse(`{"__proto__": "x"}`) as Record<string, string>),
				note: hostileText.repeat(100),
			},
		},
		status: {
			...status,
			nodeInfo: {
				...status.nodeInfo,
				osImage: `Debian${hostileText}`,
				kernelVersion: hostileText,
				containerRuntimeVersion: `containerd://${hostileText}`,
				kubeletVersion: `v1.99.1${hostileText}`,
			},
		},
	};
}
