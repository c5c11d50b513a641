import type {Case} from './cases.ts';
import {bridge, list} from './configs.ts';

const a = '10-a.conflist';

/** What the daemon's own configuration says. */
export const settingCases: readonly Case[] = [
	{
		id: 'max-conf-num-2',
		what: 'two lists, max_conf_num 2',
		files: {[a]: list('a', '0.4.0'), '20-b.conflist': list('b', '0.4.0', {plugins: [bridge(2)]})},
		settings: {maxConfNum: 2},
		only: 'containerd',
	},
	{
		id: 'max-conf-num-0',
		what: 'two lists, max_conf_num 0',
		files: {[a]: list('a', '0.4.0'), '20-b.conflist': list('b', '0.4.0', {plugins: [bridge(2)]})},
		settings: {maxConfNum: 0},
		only: 'containerd',
	},
	{
		id: 'max-conf-num-2-bad',
		what: 'a good list and then a bad one, max_conf_num 2',
		files: {[a]: list('a', '0.4.0'), '20-bad.conf': list('b', '0.4.0')},
		settings: {maxConfNum: 2},
		only: 'containerd',
	},
	{id: 'bin-dir', what: 'bin_dir of another place', files: {[a]: list('a', '0.4.0')}, settings: {binDir: '/opt/other/bin'}},
	{
		id: 'bin-dirs',
		what: 'bin_dirs of two places, the plugins in the second',
		files: {[a]: list('a', '0.4.0')},
		settings: {binDirs: ['/opt/none/bin', '/opt/other/bin']},
	},
	{
		id: 'bin-dir-and-bin-dirs',
		what: 'bin_dir and bin_dirs both',
		files: {[a]: list('a', '0.4.0')},
		settings: {binDir: '/opt/other/bin', binDirs: ['/opt/none/bin']},
		only: 'containerd',
	},
	{
		id: 'internal-loopback',
		what: 'use_internal_loopback, and no loopback plugin',
		files: {[a]: list('a', '0.4.0')},
		without: ['loopback'],
		settings: {internalLoopback: true},
		only: 'containerd',
	},
	{
		id: 'conf-template',
		what: 'conf_template without a version, no file before the pod CIDR is told',
		files: {},
		settings: {confTemplate: list('templated', undefined).replace('10.88.1.0/24', '{{.PodCIDR}}')},
		steps: [
			{do: 'pod-cidr', cidr: '10.88.1.0/24'},
			{do: 'add', pod: 'a'},
			{do: 'del', pod: 'a'},
		],
		only: 'containerd',
	},
	{
		id: 'default-network',
		what: 'cni_default_network names the second list',
		files: {[a]: list('a', '0.4.0'), '20-b.conflist': list('b', '0.4.0', {plugins: [bridge(2)]})},
		settings: {defaultNetwork: 'b'},
		only: 'cri-o',
	},
	{
		id: 'default-network-missing',
		what: 'cni_default_network names a list that is not there',
		files: {[a]: list('a', '0.4.0')},
		settings: {defaultNetwork: 'b'},
		only: 'cri-o',
	},
];
