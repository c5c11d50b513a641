/**
Builds `dist/kubectl-cni_upgrade`: the whole plugin in one executable file that needs Node.js and nothing else.
Run by `npm run build`.
*/
import {chmod, readFile, rm} from 'node:fs/promises';
import {fileURLToPath, pathToFileURL} from 'node:url';
import {build, type Plugin} from 'esbuild';

const root = fileURLToPath(new URL('../', import.meta.url));

/** The node scripts travel inside the file: the one place that reads them from disk gets their text instead. */
const inlineScripts: Plugin = {
	name: 'inline-scripts',
	setup(build) {
		build.onLoad({filter: /lib\/node-script\/script\.ts$/}, async ({path}) => {
			const source = await readFile(path, 'utf8');
			const parts = source.split(/readFileSync\(new URL\('\.\/([a-z-]+\.sh)', import\.meta\.url\), 'utf8'\)/);
			const contents = await Promise.all(
				parts.map(async (part, index) =>
					index % 2 === 0 ? part : JSON.stringify(await readFile(new URL(part, pathToFileURL(path)), 'utf8')),
				),
			);
			if (contents.length === 1) {
				throw new Error(`${path}: found no readFileSync(new URL('./NAME.sh', import.meta.url), 'utf8') to inline`);
			}

			return {contents: contents.join(''), loader: 'ts'};
		});
		// Of many files: its own function joins them here instead of there.
		build.onLoad({filter: /lib\/node-script\/act-script\.ts$/}, async ({path}) => {
			const {actScript} = (await import(pathToFileURL(path).href)) as typeof import('../lib/node-script/act-script.ts');
			return {contents: `export function actScript() { return ${JSON.stringify(actScript())}; }`, loader: 'js'};
		});
	},
};

/** What `config.js` of client-node imports, and only a client of the generated API would call, or a loader of kubeconfig files. */
const leftOut: Readonly<Record<string, readonly string[]>> = {
	undici: ['Agent', 'ProxyAgent'],
	'js-yaml': ['load'],
	'./gen/index.js': ['createConfiguration', 'ServerConfiguration'],
	'./gen/rxjsStub.js': ['of'],
};

/**
client-node is used for credentials and SOCKS proxies only, which are its `config.js`; with all the rest 2 MB would be parsed at every
start. What is left out throws where it is called all the same; a name that is missing above fails the build.
`test/krew/built-preflight.test.ts` proves that what is left does its work.
*/
const withoutGeneratedClient: Plugin = {
	name: 'without-generated-client',
	setup(build) {
		build.onResolve({filter: /^@kubernetes\/client-node$/}, async ({resolveDir, kind}) =>
			build.resolve('@kubernetes/client-node/dist/config.js', {resolveDir, kind}),
		);
		build.onResolve({filter: /./}, ({path, importer}) =>
			path in leftOut && /@kubernetes.client-node.dist/.test(importer) ? {path, namespace: 'left-out'} : undefined,
		);
		build.onLoad({filter: /./, namespace: 'left-out'}, ({path}) => ({
			contents: (leftOut[path] ?? [])
				.map(name => `export function ${name}() { throw new Error('${path}, ${name}: left out of this build'); }`)
				.join('\n'),
		}));
	},
};

/**
Lets the file run as CommonJS and as a module: which one it is to Node.js depends on whatever package.json lies in a directory above.
A module has none of these names; in CommonJS they are parameters, which `var` leaves as they are. This stands before esbuild's own
"use strict", which then is no directive any more.
*/
const head = `"use strict";
var require = typeof require === 'function' ? require : process.getBuiltinModule('node:module').createRequire(process.argv[1]);
var __filename = typeof __filename === 'string' ? __filename : process.argv[1];
var __dirname = typeof __dirname === 'string' ? __dirname : require('node:path').dirname(__filename);
var moduleUrl = require('node:url').pathToFileURL(__filename).href;`;

/**
Builds to `outfile` and returns its size in bytes by input, for `test/bench/`. The bytes are the same on every machine. With `map`
the source map comes to `OUTFILE.map`: nothing in the file points there.
*/
export async function buildPlugin(
	outfile: string,
	{map = false}: {readonly map?: boolean} = {},
): Promise<Readonly<Record<string, number>>> {
	const {metafile} = await build({
		absWorkingDir: root,
		entryPoints: ['cmd/kubectl-cni_upgrade.ts'],
		outfile,
		bundle: true,
		platform: 'node',
		// Older than what it runs on: an old Node.js must be able to read the file, to say which one it needs.
		target: 'node18',
		format: 'cjs',
		minify: true,
		legalComments: 'none',
		metafile: true,
		...(map && {sourcemap: 'external', sourcesContent: false}),
		logLevel: 'warning',
		// Optional native parts of ssh2 and their fallback: never shipped.
		external: ['*.node', 'cpu-features'],
		define: {'import.meta.url': 'moduleUrl'},
		banner: {js: head},
		plugins: [inlineScripts, withoutGeneratedClient],
	});
	await chmod(outfile, 0o755);
	return Object.fromEntries(Object.entries(metafile.inputs).map(([path, {bytes}]) => [path, bytes]));
}

if (import.meta.main) {
	await rm(`${root}dist`, {recursive: true, force: true});
	await buildPlugin(`${root}dist/kubectl-cni_upgrade`);
}
