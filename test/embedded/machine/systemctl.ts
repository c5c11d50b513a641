import type {Answer, Program} from './requests.ts';
import type {Systemd} from './systemd.ts';

type Verb = (systemd: Systemd, unit: string, options: Options) => Answer | Promise<Answer>;

type Options = {
	readonly noBlock: boolean;
	readonly now: boolean;
	readonly quiet: boolean;
	readonly properties: readonly string[];
	readonly value: boolean;
	readonly signal: NodeJS.Signals;
};

const ok: Answer = {code: 0};

/** systemctl as of systemd 252 and 257, whose words were taken from nodes with them. */
export function systemctl(systemd: Systemd): Program {
	return async words => {
		const {verb, units, options} = parse(words);
		if (verb === 'daemon-reload') {
			systemd.reload();
			return ok;
		}

		if (verb === 'is-system-running') {
			return {code: 0, out: 'running\n'};
		}

		const act = verbs[verb];
		if (act === undefined) {
			return {code: 1, err: `Unknown command verb ${verb}.\n`};
		}

		const answers: Answer[] = [];
		for (const unit of units) {
			answers.push(await act(systemd, unit, options));
		}

		const join = (key: 'out' | 'err') => answers.map(answer => answer[key] ?? '').join('');
		return {code: answers.find(({code}) => code !== 0)?.code ?? 0, out: join('out'), err: join('err')};
	};
}

const verbs: Readonly<Record<string, Verb>> = {
	start: (systemd, unit, {noBlock}) => start(systemd, unit, noBlock),
	async restart(systemd, unit, {noBlock}) {
		await systemd.unit(unit).stop();
		return start(systemd, unit, noBlock);
	},
	async 'try-restart'(systemd, unit, options) {
		return systemd.unit(unit).state.active === 'active' ? (verbs['restart']?.(systemd, unit, options) ?? ok) : ok;
	},
	async stop(systemd, unit, {noBlock}) {
		if (systemd.file(unit) === undefined && systemd.unit(unit).pid === 0) {
			return {code: 5, err: `Failed to stop ${unit}: Unit ${unit} not loaded.\n`};
		}

		const stopped = systemd.unit(unit).stop();
		if (!noBlock) {
			await stopped;
		}

		return ok;
	},
	async kill(systemd, unit, {signal}) {
		if (systemd.unit(unit).pid === 0) {
			return {code: 1, err: `Failed to kill unit ${unit}: Unit ${unit} not loaded.\n`};
		}

		await systemd.unit(unit).kill(signal);
		return ok;
	},
	'is-active'(systemd, unit, {quiet}) {
		const {active} = systemd.unit(unit).state;
		return {code: active === 'active' ? 0 : 3, ...(!quiet && {out: `${active}\n`})};
	},
	'is-failed'(systemd, unit, {quiet}) {
		const {active} = systemd.unit(unit).state;
		return {code: active === 'failed' ? 0 : 1, ...(!quiet && {out: `${active}\n`})};
	},
	'is-enabled'(systemd, unit, {quiet}) {
		const state = unitFileState(systemd, unit);
		if (state === '') {
			return {code: 1, ...(!quiet && {err: `Failed to get unit file state for ${unit}: No such file or directory\n`})};
		}

		return {code: state === 'disabled' ? 1 : 0, ...(!quiet && {out: `${state}\n`})};
	},
	async enable(systemd, unit, {now}) {
		systemd.reload();
		if (systemd.file(unit) === undefined) {
			return {code: 1, err: `Failed to enable unit: Unit file ${unit} does not exist.\n`};
		}

		const links = systemd.enable(unit);
		const started = now ? await start(systemd, unit, false) : ok;
		return {
			...started,
			err: links.map(link => `Created symlink ${link} → ${systemd.file(unit)?.path}.\n`).join('') + (started.err ?? ''),
		};
	},
	async disable(systemd, unit, {now}) {
		const links = systemd.disable(unit);
		systemd.reload();
		if (now) {
			await systemd.unit(unit).stop();
		}

		return {code: 0, err: links.map(link => `Removed "${link}".\n`).join('')};
	},
	'reset-failed': (systemd, unit) => {
		const {state} = systemd.unit(unit);
		return systemd.file(unit) === undefined && state.active === 'inactive'
			? {code: 1, err: `Failed to reset failed state of unit ${unit}: Unit ${unit} not loaded.\n`}
			: ok;
	},
	show(systemd, unit, {properties, value}) {
		const all = propertiesOf(systemd, unit);
		const shown = Object.entries(all).filter(([key]) => properties.length === 0 || properties.includes(key));
		return {code: 0, out: shown.map(([key, text]) => `${value ? '' : `${key}=`}${text}\n`).join('')};
	},
	status(systemd, unit) {
		const file = systemd.file(unit);
		if (file === undefined) {
			return {code: 4, err: `Unit ${unit} could not be found.\n`};
		}

		const {active, sub} = systemd.unit(unit).state;
		return {
			code: active === 'active' ? 0 : 3,
			out: `${active === 'active' ? '●' : '○'} ${unit} - ${file.description}\n     Loaded: loaded (${file.path}; ${unitFileState(systemd, unit)}; preset: enabled)\n     Active: ${active} (${sub})\n`,
		};
	},
};

async function start(systemd: Systemd, unit: string, noBlock: boolean): Promise<Answer> {
	if (systemd.file(unit) === undefined) {
		return {code: 5, err: `Failed to start ${unit}: Unit ${unit} not found.\n`};
	}

	const started = systemd.unit(unit).start();
	if (noBlock || (await started)) {
		return ok;
	}

	return {
		code: 1,
		err: `Job for ${unit} failed because the control process exited with error code.\nSee "systemctl status ${unit}" and "journalctl -xeu ${unit}" for details.\n`,
	};
}

function unitFileState(systemd: Systemd, unit: string): string {
	const file = systemd.file(unit);
	return file === undefined ? '' : systemd.isEnabled(unit) ? 'enabled' : file.wantedBy.length > 0 ? 'disabled' : 'static';
}

function propertiesOf(systemd: Systemd, unit: string): Readonly<Record<string, string | number>> {
	const file = systemd.file(unit);
	const {state, pid} = systemd.unit(unit);
	return {
		Type: file?.type ?? 'simple',
		Restart: file?.restart ?? 'no',
		MainPID: pid,
		Result: state.result,
		NRestarts: state.restarts,
		ExecMainStatus: state.exitStatus,
		Id: unit,
		Names: unit,
		Description: file?.description ?? unit,
		LoadState: file === undefined ? 'not-found' : 'loaded',
		ActiveState: state.active,
		SubState: state.sub,
		FragmentPath: file?.path ?? '',
		DropInPaths: file?.dropIns.join(' ') ?? '',
		UnitFileState: unitFileState(systemd, unit),
		ConditionResult: state.condition ? 'yes' : 'no',
	};
}

function parse(words: readonly string[]): {verb: string; units: readonly string[]; options: Options} {
	const rest: string[] = [];
	const flags = new Set<string>();
	const properties: string[] = [];
	let signal: NodeJS.Signals = 'SIGTERM';
	for (let at = 0; at < words.length; at += 1) {
		const [flag = '', value] = words[at]?.split(/=(.*)/) ?? [];
		if (flag === '-p' || flag === '--property') {
			properties.push(...(value ?? words[++at] ?? '').split(','));
		} else if (flag === '-s' || flag === '--signal') {
			const name = value ?? words[++at] ?? '';
			signal = (name.startsWith('SIG') ? name : `SIG${name}`) as NodeJS.Signals;
		} else if (flag === '-n' || flag === '--lines') {
			at += value === undefined ? 1 : 0;
		} else if (flag.startsWith('-')) {
			flags.add(flag);
		} else {
			rest.push(words[at] ?? '');
		}
	}

	const [verb = 'list-units', ...units] = rest;
	return {
		verb,
		units: units.map(unit => (/\.\w+$/.test(unit) ? unit : `${unit}.service`)),
		options: {
			noBlock: flags.has('--no-block'),
			now: flags.has('--now'),
			quiet: flags.has('-q') || flags.has('--quiet'),
			properties,
			value: flags.has('--value'),
			signal,
		},
	};
}
