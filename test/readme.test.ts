import {readFileSync} from 'node:fs';
import test from 'ava';
import {catalog} from '../lib/check/catalog.ts';
import {cli} from './cmd/run-cli.ts';
import {freshReadme, readmePath} from './readme.ts';

const readme = readFileSync(readmePath, 'utf8');
const read = (path: string) => readFileSync(new URL(`../${path}`, import.meta.url), 'utf8');

test('what the README shows of the product is what the product says (npm run docs writes it)', async t => {
	t.is(await freshReadme(readme), readme);
});

test('the catalog, explain, the README and the ids of --skip and --only are one list', async t => {
	const ids = catalog.map(({id}) => id);
	t.is(new Set(ids).size, ids.length);
	const explained = (await cli(['explain'])).stdout;
	t.deepEqual(
		[...explained.matchAll(/^([a-z0-9.-]+) {2,}/gm)].map(([, id]) => id),
		ids,
	);
	t.deepEqual(
		[...readme.matchAll(/^\| `([a-z0-9.]+(?:-[a-z0-9.]+)+)` +\|/gm)].map(([, id]) => id),
		ids,
	);
	const completed = (await cli(['__complete', 'preflight', '--skip', ''])).stdout;
	t.deepEqual(
		[...completed.matchAll(/^([a-z0-9.-]+)\t/gm)].map(([, id]) => id),
		ids,
	);
	for (const id of ids) {
		const {code, stdout} = await cli(['explain', id]);
		t.is(code, 0, id);
		t.true(stdout.startsWith(`${id}\n`));
	}
});

test('every npm script that a document names is there, and every path', t => {
	const {scripts} = JSON.parse(read('package.json')) as {scripts: Record<string, string>};
	for (const document of ['README.md', 'CONTRIBUTING.md']) {
		const text = read(document);
		for (const [, name = ''] of text.matchAll(/npm run (?:--silent )?([a-z:]+)/g)) {
			t.truthy(scripts[name], `${document} names npm run ${name}`);
		}

		for (const [, path = ''] of text.matchAll(/`((?:lib|cmd|test|krew|\.ci)\/[\w./-]*\w\.\w+)`/g)) {
			t.notThrows(() => read(path), `${document} names ${path}`);
		}
	}
});

test('every dependency has its reason in CONTRIBUTING', t => {
	const {dependencies, devDependencies, optionalDependencies} = JSON.parse(read('package.json')) as Record<
		string,
		Record<string, string>
	>;
	const contributing = read('CONTRIBUTING.md');
	const missing = Object.keys({...dependencies, ...devDependencies, ...optionalDependencies}).filter(
		name => !new RegExp(`^\\|[^|]*\`${name.replaceAll('/', '\\/')}\``, 'm').test(contributing),
	);
	t.deepEqual(missing, []);
});
