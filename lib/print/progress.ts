import {escapeText} from './escape.ts';
import type {Output} from './output.ts';

/** What a long command says on stderr while it works. */
export type Progress = {
	/** A line that stays. */
	readonly note: (text: string) => void;
	/** The same of a line that is harmless already and may have colours. */
	readonly line: (text: string) => void;
	/** What is under way, with the time since it began on a terminal; elsewhere a line. */
	readonly doing: (text: string) => void;
	/** What is under way, and how much of it is done. */
	readonly count: (title: string, done: number, total: number) => void;
	/** Nothing moves while this runs: somebody is typing. */
	readonly pause: <T>(work: () => Promise<T>) => Promise<T>;
	/** Nothing is under way any more. Safe to call twice. */
	readonly end: () => void;
};

/** On a terminal one line that turns; elsewhere plain lines, few of them. */
export async function startProgress(stderr: Output): Promise<Progress> {
	// ora counts lines by dividing by the columns, and never ends where a terminal says that it has none.
	return stderr.isTTY === true && stderr.columns !== 0 ? spinner(stderr) : lines(stderr);
}

/** ora writes colours and symbols into pipes too, so it is loaded for terminals only. */
async function spinner(stream: Output): Promise<Progress> {
	const {default: ora} = await import('ora');
	const spin = ora({stream, discardStdin: false, hideCursor: false, isEnabled: true, color: false});
	let paused = 0;
	let timer: NodeJS.Timeout | undefined;
	const line = (text: string) => {
		const wasSpinning = spin.isSpinning;
		spin.stop();
		stream.write(`${text}\n`);
		if (wasSpinning) {
			spin.start();
		}
	};
	const show = (text: string) => {
		clearInterval(timer);
		spin.text = text;
		if (!spin.isSpinning && paused === 0) {
			spin.start();
		}
	};
	return {
		line,
		note: text => line(escapeText(text)),
		doing(text) {
			show(escapeText(text));
			const began = performance.now();
			timer = setInterval(() => {
				spin.text = `${escapeText(text)} (${Math.round((performance.now() - began) / 1000)} s)`;
			}, 1000).unref();
		},
		count(title, done, total) {
			show(`${escapeText(title)} ${done}/${total}`);
		},
		async pause(work) {
			paused += 1;
			const wasSpinning = spin.isSpinning;
			spin.stop();
			try {
				return await work();
			} finally {
				paused -= 1;
				if (wasSpinning && paused === 0) {
					spin.start();
				}
			}
		},
		end() {
			clearInterval(timer);
			spin.stop();
		},
	};
}

function lines(stderr: Output): Progress {
	let next = 0;
	const line = (text: string) => {
		stderr.write(`${text}\n`);
	};
	return {
		line,
		note: text => line(escapeText(text)),
		doing: text => line(`....  ${escapeText(text)}`),
		count(title, done, total) {
			// A log wants ten lines of a large fleet and one of a small one.
			const step = Math.max(50, Math.ceil(total / 10));
			if (done === 0) {
				next = step;
			} else if (done >= next || done === total) {
				next = done + step;
				stderr.write(`${escapeText(title)} ${done}/${total}\n`);
			}
		},
		pause: async work => work(),
		end() {},
	};
}
