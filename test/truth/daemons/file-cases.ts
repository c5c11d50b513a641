import type {Case} from './cases.ts';
import {bridge, list, portmap, single} from './configs.ts';

const a = '10-a.conflist';

/** What stands in the conf dir. */
export const fileCases: readonly Case[] = [
	{id: 'empty-dir', what: 'no file', files: {}},
	...['1.0.0', '0.4.0', '0.3.1', '0.1.0'].map(version => ({
		id: `version-${version}`,
		what: `a list of ${version}`,
		files: {[a]: list('a', version)},
	})),
	{id: 'version-missing', what: 'a list without cniVersion', files: {[a]: list('a')}},
	{id: 'version-empty', what: 'cniVersion ""', files: {[a]: list('a', '')}},
	{id: 'version-1.0.1', what: 'a release of plugins as cniVersion', files: {[a]: list('a', '1.0.1')}},
	{id: 'version-9.9.9', what: 'a version that there is not', files: {[a]: list('a', '9.9.9')}},
	{id: 'version-number', what: 'a number as cniVersion', files: {[a]: list('a', 1)}},
	{id: 'version-1.1.0', what: 'a list of 1.1.0, plugins that support it', files: {[a]: list('a', '1.1.0')}, plugins: '1.6.2'},
	{
		id: 'versions-list',
		what: 'cniVersion 0.4.0 and cniVersions up to 1.1.0, plugins that support them',
		files: {[a]: list('a', '0.4.0', {cniVersions: ['0.4.0', '1.0.0', '1.1.0']})},
		plugins: '1.6.2',
	},
	{
		id: 'version-in-plugin',
		what: 'cniVersion in a plugin of the list and not in the list',
		files: {[a]: list('a', undefined, {plugins: [{cniVersion: '0.4.0', ...bridge()}, portmap]})},
	},
	{
		id: 'version-missing-bandwidth',
		what: 'no cniVersion with a plugin that does not know 0.1.0',
		files: {[a]: list('a', undefined, {plugins: [bridge(), {type: 'bandwidth'}]})},
	},
	{id: 'single-conf', what: "one plugin's config of 0.4.0 as .conf", files: {'10-a.conf': single('a', '0.4.0')}},
	{id: 'single-json', what: "one plugin's config of 0.4.0 as .json", files: {'10-a.json': single('a', '0.4.0')}},
	{id: 'single-version-missing', what: "one plugin's config without cniVersion", files: {'10-a.conf': single('a')}},
	{id: 'single-version-number', what: "one plugin's config with a number as cniVersion", files: {'10-a.conf': single('a', 1)}},
	{id: 'single-name-missing', what: "one plugin's config without a name", files: {'10-a.conf': single(undefined, '0.4.0')}},
	{id: 'list-in-conf', what: 'a list inside a .conf', files: {'10-a.conf': list('a', '1.0.0')}},
	{id: 'list-in-json', what: 'a list inside a .json', files: {'10-a.json': list('a', '1.0.0')}},
	{id: 'single-in-conflist', what: "one plugin's config inside a .conflist", files: {[a]: single('a', '1.0.0')}},
	{id: 'list-name-missing', what: 'a list without a name', files: {[a]: '{"cniVersion":"1.0.0","plugins":[{"type":"bridge"}]}'}},
	{id: 'list-no-plugins', what: 'a list with no plugin in it', files: {[a]: '{"cniVersion":"1.0.0","name":"a","plugins":[]}'}},
	{id: 'list-type-missing', what: 'a plugin without type', files: {[a]: list('a', '1.0.0', {plugins: [{bridge: 'cni1'}]})}},
	{id: 'not-json', what: 'a comma too many', files: {[a]: '{"cniVersion":"1.0.0",}'}},
	{id: 'empty-file', what: 'a file of no bytes', files: {[a]: ''}},
	{
		id: 'bad-then-good',
		what: 'a list inside a .conf before a good list',
		files: {'00-bad.conf': list('bad', '1.0.0'), [a]: list('a', '0.4.0')},
	},
	{
		id: 'good-then-bad',
		what: 'a list inside a .conf after a good list',
		files: {[a]: list('a', '0.4.0'), '20-bad.conf': list('bad', '1.0.0')},
	},
	{
		id: 'unsupported-then-good',
		what: 'a version that no plugin supports before a good list',
		files: {'00-b.conflist': list('b', '9.9.9'), [a]: list('a', '0.4.0')},
	},
	{
		id: 'hidden',
		what: 'a hidden file and a visible one',
		files: {'.zz.conflist': list('hidden', '0.4.0', {plugins: [bridge(2)]}), [a]: list('a', '0.4.0')},
	},
	{id: 'backup', what: 'x.conflist.bak alone', files: {'x.conflist.bak': list('a', '0.4.0')}},
	{
		id: 'upper-case',
		what: 'names that differ in case: Z sorts before a',
		files: {'Z.conflist': list('upper', '0.4.0', {plugins: [bridge(2)]}), 'a.conflist': list('lower', '0.4.0')},
	},
	{
		id: 'directory',
		what: 'a directory by the name of a list before a good one',
		files: {'00-d.conflist/': '', [a]: list('a', '0.4.0')},
	},
	{id: 'link', what: 'a symbolic link to a list elsewhere', files: {'10-a.conflist->': list('a', '0.4.0')}},
	{
		id: 'dangling-link',
		what: 'a symbolic link to nothing before a good list',
		files: {'00-d.conflist->': '', [a]: list('a', '0.4.0')},
	},
	{
		id: 'same-name',
		what: 'two lists of one network name',
		files: {[a]: list('a', '0.4.0'), '20-b.conflist': list('a', '0.3.1', {plugins: [bridge(2)]})},
	},
	{
		id: 'sibling-dir',
		what: 'a plugin beside the list, in a directory of the network',
		files: {
			[a]: list('a', '0.4.0', {plugins: [bridge()]}),
			'a/': '',
			'a/10-x.conf': JSON.stringify({type: 'bandwidth'}),
		},
	},
];
