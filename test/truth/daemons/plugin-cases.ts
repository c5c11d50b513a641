import type {Case} from './cases.ts';
import {list, scriptPlugin} from './configs.ts';

const a = '10-a.conflist';
const upTo100 = ['0.1.0', '0.2.0', '0.3.0', '0.3.1', '0.4.0', '1.0.0'];
const address = {version: '4', address: '10.88.9.5/24', gateway: '10.88.9.1'};

/** What the plugins are and say. */
export const pluginCases: readonly Case[] = [
	{id: 'plugins-0.9.1', what: 'plugins older than their config', files: {[a]: list('a', '1.0.0')}, plugins: '0.9.1'},
	{id: 'plugins-1.1.1-version-1.1.0', what: 'plugins that do not know 1.1.0', files: {[a]: list('a', '1.1.0')}},
	{
		id: 'last-plugin-old',
		what: 'the last plugin older than the config',
		files: {[a]: list('a', '1.0.0')},
		mixed: {portmap: '0.9.1'},
	},
	{id: 'ipam-old', what: 'host-local older than the config', files: {[a]: list('a', '1.0.0')}, mixed: {'host-local': '0.9.1'}},
	{id: 'plugin-missing', what: 'the last plugin is not there', files: {[a]: list('a', '1.0.0')}, without: ['portmap']},
	{id: 'ipam-missing', what: 'host-local is not there', files: {[a]: list('a', '1.0.0')}, without: ['host-local']},
	{id: 'loopback-missing', what: 'loopback is not there', files: {[a]: list('a', '0.4.0')}, without: ['loopback']},
	{id: 'loopback-old', what: 'loopback older than 1.0.0', files: {[a]: list('a', '0.4.0')}, mixed: {loopback: '0.9.1'}},
	{
		id: 'result-without-version',
		what: 'a plugin whose result names no version, as Weave Net',
		files: {[a]: list('a', '0.3.1', {plugins: [{type: 'weave-net'}]})},
		scripts: {'weave-net': scriptPlugin({ADD: {ips: [address]}, DEL: ''}, upTo100.slice(0, 4))},
	},
	{
		id: 'status-good',
		what: 'a list of 1.1.0 whose plugin answers STATUS',
		files: {[a]: list('a', '1.1.0', {plugins: [{type: 'says'}]})},
		scripts: {says: script110({STATUS: ''})},
	},
	{
		id: 'status-error',
		what: 'a list of 1.1.0 whose plugin answers STATUS with an error',
		files: {[a]: list('a', '1.1.0', {plugins: [{type: 'says'}]})},
		scripts: {says: script110({STATUS: {cniVersion: '1.1.0', code: 50, msg: 'the agent is not up'}})},
	},
	{
		id: 'status-error-1.0.0',
		what: 'the same plugin with a list of 1.0.0',
		files: {[a]: list('a', '1.0.0', {plugins: [{type: 'says'}]})},
		scripts: {
			says: scriptPlugin(
				{
					ADD: {cniVersion: '1.0.0', ips: [{address: '10.88.9.5/24'}]},
					CHECK: '',
					DEL: '',
					STATUS: {cniVersion: '1.0.0', code: 50, msg: 'the agent is not up'},
				},
				[...upTo100, '1.1.0'],
			),
		},
	},
	{
		id: 'check-error',
		what: 'a plugin whose CHECK fails',
		files: {[a]: list('a', '0.4.0', {plugins: [{type: 'says'}]})},
		scripts: {says: checkFails()},
	},
	{
		id: 'check-disabled',
		what: 'a plugin whose CHECK fails, and disableCheck',
		files: {[a]: list('a', '0.4.0', {plugins: [{type: 'says'}], disableCheck: true})},
		scripts: {says: checkFails()},
	},
];

function script110(answers: Parameters<typeof scriptPlugin>[0]): string {
	return scriptPlugin({ADD: {cniVersion: '1.1.0', ips: [{address: '10.88.9.5/24'}]}, CHECK: '', DEL: '', GC: '', ...answers}, [
		...upTo100,
		'1.1.0',
	]);
}

function checkFails(): string {
	return scriptPlugin(
		{ADD: {cniVersion: '0.4.0', ips: [address]}, CHECK: {cniVersion: '0.4.0', code: 100, msg: 'nothing is as it was'}, DEL: ''},
		upTo100,
	);
}
