import {type ExitCode, exitCode, UserError} from '../lib/errors.ts';
import {ask} from '../lib/print/prompt.ts';
import {readHeldRun} from '../lib/run/held-run.ts';
import {rollBack} from '../lib/run/resume.ts';
import {defineCommand} from './command.ts';
import {connectionOptions} from './connection-options.ts';
import type {Context} from './context.ts';
import {drainFlags, drainOptions} from './drain-options.ts';
import {findHeldRun, requireSameNode, settingsOfHeld} from './held.ts';
import {nodeWayOptions, runOptions} from './node-options.ts';
import {runWith} from './node-run.ts';
import {checkNodeFlags, type Session, withSession} from './node-session.ts';
import {sshOptions} from './ssh-options.ts';

export const rollback = defineCommand({
	description: `Takes back the last upgrade of a node: the files, packages and the configuration that its run replaced are put back as they were,
the other way round, and kubelet and runtime are started on them. A run that is unfinished is taken back from where it is. One that has
ended is taken back as long as its backup is on the node, after a drain: pods that run hold networks of the plugins that go.`,
	examples: [{comment: 'Go back', command: 'kubectl cni-upgrade rollback worker-1 --ignore-daemonsets'}],
	operands: {usage: 'NODE', min: 1, max: 1},
	options: {...nodeWayOptions, ...runOptions, ...drainOptions, ...sshOptions, ...connectionOptions},
	async run(args, context): Promise<ExitCode> {
		const name = checkNodeFlags(args, 'rollback');
		return withSession(
			name,
			args,
			context,
			async session => {
				const {signal} = context;
				const found = await findHeldRun(session, signal);
				const wasFinished = found.run === undefined || found.isLeftOver;
				const run = found.run ?? found.held.newestFinished;
				if (run === undefined) {
					throw new UserError(`node/${name} has nothing to go back to: no run has left its backup there`, {
						remedy: `See what there is: kubectl cni-upgrade status ${name}`,
					});
				}

				const held = wasFinished ? await readHeldRun(session.agent, run, signal) : found.held;
				requireSameNode(session.node, held);
				if (!args.yes && !(await agree(name, run, context, session))) {
					session.progress.note(`node/${name} was not changed`);
					return exitCode.ok;
				}

				const settings = settingsOfHeld(held, args, session.node.isControlPlane);
				const code = await runWith(
					{
						settings: wasFinished ? {...settings, drain: drainFlags(args)} : settings,
						changes: [],
						comparesRange: false,
						byStep: false,
						args,
						context,
						session: {...session, agent: session.agent.withRun(run)},
					},
					async work => rollBack(work, held, found.pointer, wasFinished),
				);
				// To be rolled back is what was asked for.
				return code === exitCode.rolledBack ? exitCode.ok : code;
			},
			{changes: {disableEviction: args['disable-eviction']}, waits: true},
		);
	},
});

async function agree(name: string, run: string, context: Context, {progress}: Session): Promise<boolean> {
	const answer = await progress.pause(async () => ask(`Take run ${run} on node/${name} back? [y]es, [N]o: `, context));
	if (answer === undefined) {
		throw new UserError(`node/${name} was not changed: there is no terminal to agree on`, {
			remedy: 'Say --yes to go on without a question.',
			exitCode: exitCode.usage,
		});
	}

	return ['y', 'yes'].includes(answer.trim().toLowerCase());
}
