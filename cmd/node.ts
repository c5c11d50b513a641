import {type ExitCode, exitCode, messageOf, UserError} from '../lib/errors.ts';
import type {Plan} from '../lib/plan/plan.ts';
import {paletteFor} from '../lib/print/colour.ts';
import {formatJson} from '../lib/print/json.ts';
import {formatPlan, formatPlanDiff} from '../lib/print/plan.ts';
import {ask} from '../lib/print/prompt.ts';
import {formatYaml} from '../lib/print/yaml.ts';
import {planNode} from '../lib/run/plan-node.ts';
import {failingDaemonSets} from '../lib/run/ready.ts';
import {rehearseOnServer} from '../lib/run/server-dry-run.ts';
import {packSettings, type RunSettings} from '../lib/run/settings.ts';
import {type Arguments, defineCommand} from './command.ts';
import type {Context} from './context.ts';
import {drainFlags} from './drain-options.ts';
import {nodeOptions} from './node-options.ts';
import {type LoadedRequest, loadRequest} from './node-request.ts';
import {carryOutPlan} from './node-run.ts';
import {checkNodeFlags, type Session, withSession} from './node-session.ts';
import {refuseUnfinished} from './node-unfinished.ts';

type NodeArguments = Arguments<typeof nodeOptions>;

export const node = defineCommand({
	description: `Upgrades the CNI plugins, the packages and the CNI configuration of one node: cordons and drains it, replaces what the plan says while
kubelet and runtime are stopped, proves that a pod gets its network and loses it again, and uncordons it.

The plan is shown first, and nothing is changed before you agree. What is replaced is kept on the node. From the moment kubelet and runtime
are stopped the node works alone: it ends, or takes everything back by itself, also when this command is killed or the node is rebooted;
"resume" then goes on and "rollback" goes back, from any machine. Without a flag that says what to upgrade the plan does what the findings
of preflight ask for.`,
	examples: [
		{comment: 'What would be done', command: 'kubectl cni-upgrade node worker-1 --dry-run=client'},
		{
			comment: 'Newer plugins, and the config to the version that they all support',
			command:
				'kubectl cni-upgrade node worker-1 --plugins cni-plugins-linux-amd64-v1.6.2.tgz --cni-version auto --ignore-daemonsets',
		},
		{
			comment: 'A newer containerd with its plugins, without a question, and a record for the change ticket',
			command:
				'kubectl cni-upgrade node worker-1 --package containerd=1.7.24~ds1-6 --plugins package --ignore-daemonsets --yes --save-record ticket',
		},
		{comment: 'By SSH, where the kubelet is dead', command: 'kubectl cni-upgrade node worker-1 --via ssh --ssh-user ops'},
	],
	operands: {usage: 'NODE', min: 1, max: 1},
	options: nodeOptions,
	async run(args, context): Promise<ExitCode> {
		const name = checkNodeFlags(args, 'node');
		const request = await loadRequest(args, context);
		return withSession(name, args, context, async session => upgradeNode(request, args, context, session), {
			...(args['dry-run'] === 'none' && {changes: {disableEviction: args['disable-eviction']}}),
		});
	},
});

async function upgradeNode(request: LoadedRequest, args: NodeArguments, context: Context, session: Session): Promise<ExitCode> {
	await refuseUnfinished(session, context.signal);
	const settings = await settingsOf(args, context, session);
	let isBegun = false;
	try {
		const plan = await makePlan(request, args, context, session, settings);
		show(plan, args, context);
		if (plan.outcome === 'refused') {
			return exitCode.blocked;
		}

		if (plan.outcome === 'ready' && args['dry-run'] === 'server') {
			const {api, node, progress} = session;
			for (const line of await rehearseOnServer(api, {node, settings, signal: context.signal})) {
				progress.note(line);
			}
		}

		if (plan.outcome === 'nothing' || plan.orders === null || args['dry-run'] !== 'none') {
			return exitCode.ok;
		}

		const answer = args.yes ? 'yes' : await agree(plan, context, session);
		if (answer === 'no') {
			session.progress.note(`node/${session.node.name} was not changed`);
			return exitCode.ok;
		}

		isBegun = true;
		return await carryOutPlan({
			orders: plan.orders,
			payload: request.payload,
			settings,
			byStep: answer === 'step',
			args,
			context,
			session,
		});
	} finally {
		// Package files went to the node for the plan: without a run they are removed.
		if (
			!isBegun &&
			(request.request.packages.length > 0 || request.request.packageFiles.length > 0 || args.plugins === 'package')
		) {
			await session.agent
				.look('discard', [], {signal: AbortSignal.timeout(30_000)})
				.catch((error: unknown) =>
					session.progress.note(`node/${session.node.name} still holds the files of run ${session.id}: ${messageOf(error)}`),
				);
		}
	}
}

async function makePlan(
	request: LoadedRequest,
	args: NodeArguments,
	{clock, signal}: Context,
	session: Session,
	settings: RunSettings,
): Promise<Plan> {
	const {api, node, agent, progress} = session;
	const made = await planNode({
		api,
		node,
		agent,
		ssh: session.ssh,
		via: args.via,
		request: {...request.request, run: session.id},
		archive: request.archive,
		payload: request.payload,
		settings,
		clock,
		signal,
		onNotice: progress.note,
	});
	return made.orders === null ? made : {...made, orders: {...made.orders, settings: packSettings(settings)}};
}

function show(plan: Plan, {output}: NodeArguments, {stdout, env}: Context): void {
	if (output === 'text') {
		stdout.write(formatPlan(plan, {palette: paletteFor(stdout, env), width: Math.min(stdout.columns ?? 100, 120)}));
	} else {
		stdout.write(output === 'json' ? formatJson(plan) : formatYaml(plan));
	}
}

async function settingsOf(args: NodeArguments, {signal}: Context, {api, node}: Session): Promise<RunSettings> {
	return {
		drain: drainFlags(args),
		keepCordoned: args['keep-cordoned'],
		controlPlane: node.isControlPlane,
		wasReady: !node.target.notReady,
		failingDaemonSets: await failingDaemonSets(api, node.name, signal),
		namespace: args.namespace,
		image: args.image,
		pullSecret: args['image-pull-secret'],
	};
}

/** A person has the last word. Without one there has to be --yes. */
async function agree(plan: Plan, context: Context, {node, progress}: Session): Promise<'yes' | 'step' | 'no'> {
	for (;;) {
		const answer = await progress.pause(async () =>
			ask(`Upgrade node/${node.name} like this? [y]es, [s]tep by step, [d]iff, [N]o: `, context),
		);
		if (answer === undefined) {
			throw new UserError(`node/${node.name} was not changed: there is no terminal to agree on`, {
				remedy: 'Say --yes to go on without a question, or --dry-run=client to see the plan only.',
				exitCode: exitCode.usage,
			});
		}

		const word = answer.trim().toLowerCase();
		if (['y', 'yes', 's', 'step'].includes(word)) {
			return word.startsWith('y') ? 'yes' : 'step';
		}

		if (['d', 'diff'].includes(word)) {
			const diff = formatPlanDiff(plan, {palette: paletteFor(context.stderr, context.env), width: 100});
			context.stderr.write(diff === '' ? 'no file is edited\n' : diff);
		} else if (['', 'n', 'no'].includes(word)) {
			return 'no';
		}
	}
}
