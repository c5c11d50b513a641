import {exitCode} from '../lib/errors.ts';
import {defineCommand} from './command.ts';
import {shellScripts} from './shell-scripts.ts';

const shells = ['bash', 'zsh', 'fish', 'kubectl'] as const;

export const completion = defineCommand({
	description: `Prints a script for shell completion.

kubectl completes its plugins itself: the script for "kubectl" makes it do so for "kubectl cni-upgrade" in any shell where kubectl's own
completion works. The scripts for bash, zsh and fish complete the executable's own name, kubectl-cni_upgrade.`,
	examples: [
		{
			comment: 'Let kubectl complete "kubectl cni-upgrade": any directory on PATH will do',
			command:
				'kubectl cni-upgrade completion kubectl > ~/bin/kubectl_complete-cni_upgrade\n  chmod +x ~/bin/kubectl_complete-cni_upgrade',
		},
		{comment: 'Complete kubectl-cni_upgrade in this bash', command: 'source <(kubectl cni-upgrade completion bash)'},
	],
	operands: {usage: 'SHELL', min: 1, max: 1, choices: shells},
	options: {},
	async run({operands: [shell = 'bash']}, {stdout}) {
		stdout.write(shellScripts[shell as (typeof shells)[number]]);
		return exitCode.ok;
	},
});
