import {exitCode} from '../lib/errors.ts';
import {formatJson} from '../lib/print/json.ts';
import {commandName, version as release} from '../lib/version.ts';
import {defineCommand} from './command.ts';

export const version = defineCommand({
	description: 'Prints the version of this plugin and of the Node.js that runs it. It asks no cluster.',
	examples: [
		{comment: 'The version', command: 'kubectl cni-upgrade version'},
		{comment: 'For a script', command: 'kubectl cni-upgrade version -o json'},
	],
	options: {
		output: {kind: 'string', short: 'o', value: 'FORMAT', summary: 'Output format', choices: ['text', 'json'], default: 'text'},
	},
	async run({output}, {stdout}) {
		const facts = {version: release, node: process.version, platform: `${process.platform}/${process.arch}`};
		stdout.write(
			output === 'json' ? formatJson(facts) : `${commandName} ${release}\nNode.js ${facts.node} on ${facts.platform}\n`,
		);
		return exitCode.ok;
	},
});
