import type {Command} from './command.ts';

/** A command that is loaded when it is named. */
export type CommandRow = {
	readonly name: string;
	/** One line for the list of commands. */
	readonly summary: string;
	/** The heading under which the list has it. */
	readonly group: 'Look' | 'Upgrade' | 'Tidy up' | 'About';
	readonly load: () => Promise<Command>;
};

/** Every command, in the order in which help lists them. */
export const commands: readonly CommandRow[] = [
	{
		name: 'preflight',
		summary: 'Say which nodes have a broken pod network, or will have after the next upgrade, and why',
		group: 'Look',
		load: async () => (await import('./preflight.ts')).preflight,
	},
	{
		name: 'lint',
		summary: 'Judge CNI configuration files or saved facts, without a cluster',
		group: 'Look',
		load: async () => (await import('./lint.ts')).lint,
	},
	{
		name: 'explain',
		summary: 'Say what a check means, why it matters and what to do',
		group: 'Look',
		load: async () => (await import('./explain.ts')).explain,
	},
	{
		name: 'node',
		summary: 'Upgrade one node: drain it, replace, prove that pods get their network, uncordon',
		group: 'Upgrade',
		load: async () => (await import('./node.ts')).node,
	},
	{
		name: 'status',
		summary: 'Say where the upgrade of a node stands',
		group: 'Upgrade',
		load: async () => (await import('./status.ts')).status,
	},
	{
		name: 'resume',
		summary: 'Go on with an upgrade that was interrupted',
		group: 'Upgrade',
		load: async () => (await import('./resume.ts')).resume,
	},
	{
		name: 'rollback',
		summary: 'Take the last upgrade of a node back',
		group: 'Upgrade',
		load: async () => (await import('./rollback.ts')).rollback,
	},
	{
		name: 'rbac',
		summary: 'Print the least rights that a command needs, as YAML',
		group: 'Tidy up',
		load: async () => (await import('./rbac.ts')).rbac,
	},
	{
		name: 'cleanup',
		summary: 'Remove what interrupted runs left in the cluster',
		group: 'Tidy up',
		load: async () => (await import('./cleanup.ts')).cleanup,
	},
	{
		name: 'completion',
		summary: 'Print a shell completion script',
		group: 'About',
		load: async () => (await import('./completion.ts')).completion,
	},
	{
		name: 'version',
		summary: 'Print the version',
		group: 'About',
		load: async () => (await import('./version.ts')).version,
	},
];
