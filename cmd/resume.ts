import {type ExitCode, exitCode, UserError} from '../lib/errors.ts';
import {goOn, tidyUp} from '../lib/run/resume.ts';
import {defineCommand} from './command.ts';
import {connectionOptions} from './connection-options.ts';
import {findHeldRun, heldStill, settingsOfHeld} from './held.ts';
import {nodeWayOptions, runOptions} from './node-options.ts';
import {changesOf, runWith} from './node-run.ts';
import {checkNodeFlags, withSession} from './node-session.ts';
import {sshOptions} from './ssh-options.ts';

export const resume = defineCommand({
	description: `Goes on with the upgrade of a node whose run was interrupted: reads the plan and the journal on the node, waits for what the node
does alone, proves it and uncordons. It can be called from any machine, with whatever flags reach the node. A run of which the node never
got the whole plan cannot be gone on with: what there is of it is taken back.`,
	examples: [{comment: 'Go on', command: 'kubectl cni-upgrade resume worker-1'}],
	operands: {usage: 'NODE', min: 1, max: 1},
	options: {...nodeWayOptions, ...runOptions, ...sshOptions, ...connectionOptions},
	async run(args, context): Promise<ExitCode> {
		const name = checkNodeFlags(args, 'resume');
		return withSession(
			name,
			args,
			context,
			async session => {
				const found = await findHeldRun(session, context.signal);
				if (found.run === undefined || (found.isFinished && found.pointer === undefined)) {
					throw nothingHeld(name);
				}

				const ours = {...session, agent: session.agent.withRun(found.run)};
				return runWith(
					{
						settings: settingsOfHeld(found.held, args, session.node.isControlPlane),
						changes: found.held.orders === undefined ? [] : changesOf(found.held.orders),
						comparesRange: found.held.orders?.rehearse === 'chain',
						byStep: false,
						isIdle: found.isFinished,
						args,
						context,
						session: ours,
					},
					async run => {
						const {isFinished, held, pointer} = await heldStill(session, found, run.signal);
						return isFinished ? tidyUp(run, held, pointer) : goOn(run, held, pointer);
					},
				);
			},
			{changes: {disableEviction: false}, waits: true},
		);
	},
});

function nothingHeld(name: string): UserError {
	return new UserError(`node/${name} has no unfinished upgrade`, {
		exitCode: exitCode.failed,
		remedy: `See what there is: kubectl cni-upgrade status ${name}`,
	});
}
