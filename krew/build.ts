/**
Builds `dist/kubectl-cni_upgrade`: the whole plugin in one executable file that needs Node.js and nothing else.
Run by `npm run build`.
*/
import {chmod, readFile, rm} from 'node:fs/promises';
import {build, type Plugin} from 'esbuild';

const root = new URL('../', import.meta.url).pathname;

/** The node scripts travel inside the file: the one place that reads them from disk gets their text instead. */
const inlineScripts: Plugin = {
	name: 'inline-scripts',
	setup(build) {
		build.onLoad({filter: /lib\/node-script\/script\.ts$/}, async ({path}) => {
			const source = await readFile(path, 'utf8');
			const parts = source.split(/readFileSync\(new URL\('\.\/([a-z-]+\.sh)', import\.meta\.url\), 'utf8'\)/);
			const contents = await Promise.all(
				parts.map(async (part, index) =>
					index % 2 === 0 ? part : JSON.stringify(await readFile(new URL(part, `file://${path}`), 'utf8')),
				),
			);
			if (contents.length === 1) {
				throw new Error(`${path}: found no readFileSync(new URL('./NAME.sh', import.meta.url), 'utf8') to inline`);
			}

			return {contents: contents.join(''), loader: 'ts'};
		});
	},
};

/**
client-node is used for kubeconfig and credentials only; its generated API and HTTP client are 1.5 MB that would be parsed at
every start. They become empty modules: `test/built.test.ts` proves that what is left does its work.
*/
const withoutGeneratedClient: Plugin = {
	name: 'without-generated-client',
	setup(build) {
		const unused =
			/^(undici|\.\/gen\/.*|\.\.\/gen\/.*|\.\/api\.js|jsonpath-plus|isomorphic-ws|stream-buffers|tar-fs|rfc4648-never)$/;
		build.onResolve({filter: unused}, ({path, importer}) =>
			/@kubernetes\/client-node\/dist/.test(importer) ? {path, namespace: 'unused'} : undefined,
		);
		build.onLoad({filter: /.*/, namespace: 'unused'}, () => ({
			contents: 'module.exports = new Proxy({}, {get: (_, name) => name === "__esModule" ? true : class {}});',
			loader: 'js',
		}));
	},
};

/** Builds to `outfile` and returns its size in bytes by input, for `test/bench/`. */
export async function buildPlugin(outfile: string): Promise<Readonly<Record<string, number>>> {
	const {metafile} = await build({
		entryPoints: [`${root}cmd/kubectl-cni_upgrade.ts`],
		outfile,
		bundle: true,
		platform: 'node',
		target: 'node24',
		format: 'cjs',
		minify: true,
		legalComments: 'none',
		metafile: true,
		logLevel: 'warning',
		// Optional native parts of ssh2 and their fallback: never shipped.
		external: ['*.node', 'cpu-features'],
		define: {'import.meta.url': 'moduleUrl'},
		banner: {js: '#!/usr/bin/env node\nconst moduleUrl = require("node:url").pathToFileURL(__filename).href;'},
		plugins: [inlineScripts, withoutGeneratedClient],
	});
	await chmod(outfile, 0o755);
	return Object.fromEntries(Object.entries(metafile.inputs).map(([path, {bytes}]) => [path, bytes]));
}

if (import.meta.main) {
	await rm(`${root}dist`, {recursive: true, force: true});
	await buildPlugin(`${root}dist/kubectl-cni_upgrade`);
}
