/*
Drains one node as the command line does, whose cordon it takes for granted: node test/bench/drain/client.ts NODE [USER]. The cluster is that
of KUBECONFIG; USER is impersonated.
*/
import {systemClock} from '../../../lib/clock.ts';
import {connect} from '../../../lib/cluster/connect.ts';
import {findNodes} from '../../../lib/cluster/nodes.ts';
import {drainNode} from '../../../lib/drain/drain.ts';
import {type DrainFlags, defaultDrainFlags} from '../../../lib/drain/filters.ts';
import {drainEndLines, drainLines} from '../../../lib/print/drain.ts';

const flags: DrainFlags = {...defaultDrainFlags, force: true, ignoreDaemonSets: true};

const [name = '', as] = process.argv.slice(2);
const {signal} = new AbortController();
const api = await connect(as === undefined ? {} : {as, asGroup: ['system:masters']}, {
	env: process.env,
	clock: systemClock,
	signal,
	stderr: process.stderr,
});
try {
	const [node] = await findNodes(api, {detail: 'metadata', names: [name], signal});
	const outcome = await drainNode(api, {
		node: {name, uid: node?.uid ?? ''},
		flags,
		exclude: () => false,
		clock: systemClock,
		signal,
		onEvent(event) {
			for (const {to, text} of drainLines(event)) {
				process[to].write(`${text}\n`);
			}
		},
	});
	for (const {to, text} of drainEndLines(outcome, name, flags.timeout)) {
		process[to].write(`${text}\n`);
	}

	process.exitCode = outcome.kind === 'drained' ? 0 : 1;
} finally {
	api.close();
}
