import type {Case} from './cases.ts';
import {bridge, list} from './configs.ts';

const a = '10-a.conflist';
const old = list('a', '0.3.1');
const changed = list('a', '0.4.0');
const add = {do: 'add', pod: 'a'} as const;
const del = {do: 'del', pod: 'a'} as const;
const addAnother = {do: 'add', pod: 'b'} as const;
const delAnother = {do: 'del', pod: 'b'} as const;

/** What changes while the daemon runs, and while a sandbox is there. */
export const changeCases: readonly Case[] = [
	{
		id: 'move-in',
		what: 'a list moved in from another directory, then another change',
		files: {},
		steps: [{do: 'move-in', file: a, text: changed}, {do: 'write', file: 'x.tmp', text: ''}, add, del],
	},
	{
		id: 'move-over',
		what: 'a list moved over the one that is used, from another directory',
		files: {[a]: old},
		steps: [{do: 'move-in', file: a, text: changed}, {do: 'restart'}, add, del],
	},
	{
		id: 'swap',
		what: 'written beside and renamed inside',
		files: {[a]: old},
		steps: [{do: 'swap', file: a, text: changed}, add, del],
	},
	{id: 'write', what: 'written in place', files: {[a]: old}, steps: [{do: 'write', file: a, text: changed}, add, del]},
	{
		id: 'write-new',
		what: 'a file that is new and sorts first',
		files: {[a]: old},
		steps: [{do: 'write', file: '00-b.conflist', text: list('b', '0.4.0', {plugins: [bridge(2)]})}, add, del],
	},
	{
		id: 'break',
		what: 'written in place with what is no JSON, then mended',
		files: {[a]: old},
		steps: [{do: 'write', file: a, text: '{'}, add, {do: 'write', file: a, text: changed}, addAnother, delAnother],
	},
	{id: 'remove', what: 'the only file removed', files: {[a]: old}, steps: [{do: 'remove', file: a}, add]},
	{
		id: 'remove-first',
		what: 'the first of two removed',
		files: {[a]: old, '20-b.conflist': list('b', '0.4.0', {plugins: [bridge(2)]})},
		steps: [{do: 'remove', file: a}, add, del],
	},
	{id: 'chmod', what: 'the mode changed', files: {[a]: old}, steps: [{do: 'chmod', file: a, mode: 0o600}, add, del]},
	{
		id: 'plugin-later',
		what: 'the missing plugin installed while the daemon runs',
		files: {[a]: changed},
		without: ['portmap'],
		steps: [{do: 'install', plugin: 'portmap'}, add, del],
	},
	{
		id: 'heal-version-missing',
		what: 'no version when the sandbox was made, 0.4.0 when it is to go',
		files: {[a]: list('a')},
		steps: [add, del, {do: 'swap', file: a, text: changed}, del],
	},
	{
		id: 'heal-version-missing-before-del',
		what: 'the same, mended before the first try to remove it',
		files: {[a]: list('a')},
		steps: [add, {do: 'swap', file: a, text: changed}, del],
	},
	{
		id: 'heal-version-missing-by-0.2.0',
		what: 'no version when the sandbox was made, 0.2.0 when it is to go',
		files: {[a]: list('a')},
		steps: [add, del, {do: 'swap', file: a, text: list('a', '0.2.0')}, del],
	},
	{
		id: 'raise-version',
		what: '0.4.0 when the sandbox was made, 1.0.0 when it is to go',
		files: {[a]: changed},
		steps: [add, {do: 'swap', file: a, text: list('a', '1.0.0')}, del],
	},
	{
		id: 'raise-version-1.1.0',
		what: '1.0.0 when the sandbox was made, 1.1.0 when it is to go',
		files: {[a]: list('a', '1.0.0')},
		plugins: '1.6.2',
		steps: [add, {do: 'swap', file: a, text: list('a', '1.1.0')}, del],
	},
	{
		id: 'lower-version',
		what: '1.0.0 when the sandbox was made, 0.3.1 when it is to go',
		files: {[a]: list('a', '1.0.0')},
		steps: [add, {do: 'swap', file: a, text: old}, del],
	},
	{
		id: 'plugins-downgraded',
		what: 'plugins older than the config since the sandbox was made',
		files: {[a]: list('a', '1.0.0')},
		steps: [add, {do: 'plugins', release: '0.9.1'}, del, addAnother, {do: 'plugins', release: '1.1.1'}, del],
	},
	{
		id: 'plugin-gone',
		what: 'a plugin removed since the sandbox was made',
		files: {[a]: list('a', '1.0.0')},
		steps: [add, {do: 'uninstall', plugin: 'portmap'}, del, {do: 'install', plugin: 'portmap'}, del],
	},
	{
		id: 'config-gone',
		what: 'the only config removed since the sandbox was made',
		files: {[a]: changed},
		steps: [add, {do: 'remove', file: a}, del],
	},
	{
		id: 'other-network',
		what: 'a list of another network in its place since the sandbox was made',
		files: {[a]: changed},
		steps: [add, {do: 'swap', file: a, text: list('b', '0.4.0', {plugins: [bridge(2)]})}, del],
	},
];
