#!/usr/bin/env node
import {commandName, version} from '../lib/version.ts';

/** The oldest Node.js with all that is used: `proxyEnv` of `https.Agent` came with 24.5. */
const oldest = [24, 5] as const;

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
const [flag, ...others] = process.argv.slice(2);

// What is loaded from here on is newer than an old Node.js can read, and more than --version needs.
if (major < oldest[0] || (major === oldest[0] && minor < oldest[1])) {
	process.stderr.write(
		`error: ${commandName} needs Node.js ${oldest.join('.')} or newer, and this is ${process.versions.node}\n` +
			`Install a newer Node.js, or put it first on PATH: ${process.execPath} was found there.\n`,
	);
	process.exitCode = 1;
} else if (flag === '--version' && others.length === 0) {
	process.stdout.write(`${commandName} ${version}\n`);
} else {
	void import('./process.ts').then(async ({runInProcess}) => {
		process.exitCode = await runInProcess(process);
	});
}
