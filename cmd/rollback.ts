import {type ExitCode, exitCode, UserError} from '../lib/errors.ts';
import {stateOf} from '../lib/plan/journal.ts';
import {ask} from '../lib/print/prompt.ts';
import {rollBack, tidyUp} from '../lib/run/resume.ts';
import {defineCommand} from './command.ts';
import {connectionOptions} from './connection-options.ts';
import type {Context} from './context.ts';
import {drainFlags, drainOptions} from './drain-options.ts';
import {findHeldRun, heldStill, requireSameNode, settingsOfHeld} from './held.ts';
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
				const {run, isFinished, held} = found;
				if (run === undefined) {
					throw new UserError(`node/${name} has nothing to go back to: no run has left its backup there`, {
						remedy: `See what there is: kubectl cni-upgrade status ${name}`,
					});
				}

				requireSameNode(session.node, held);
				const isBack = isFinished && stateOf(held.journal).section === 'undone';
				if (isBack && found.pointer === undefined) {
					throw new UserError(`node/${name} is as it was before: run ${run}, its last, was taken back already`, {
						remedy: `See what it did: kubectl cni-upgrade status ${name}`,
					});
				}

				if (!args.yes && !(await agree(name, run, context, session))) {
					session.progress.note(`node/${name} was not changed`);
					return exitCode.ok;
				}

				const settings = settingsOfHeld(held, args, session.node.isControlPlane);
				const code = await runWith(
					{
						settings: isFinished ? {...settings, drain: drainFlags(args)} : settings,
						changes: [],
						comparesRange: false,
						byStep: false,
						isIdle: isFinished,
						args,
						context,
						session: {...session, agent: session.agent.withRun(run)},
					},
					async work => {
						const now = await heldStill(session, found, work.signal);
						return isBack ? tidyUp(work, now.held, now.pointer) : rollBack(work, now.held, now.pointer, isFinished);
					},
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
