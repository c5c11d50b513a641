import type {Finding} from '../../lib/check/check.ts';

/** What is said of a step: that it goes well, or one of the texts that its error has. */
export type Fate = 'ok' | readonly string[];

/** What the findings say that pods of a config will see. */
export type Prediction = {
	readonly load: Fate;
	readonly add: Fate;
	readonly check: Fate;
	readonly del: Fate;
	/** What ADD sets up stays although ADD fails, until a DEL. */
	readonly setsUp: boolean;
};

type Step = 'load' | 'add' | 'check' | 'del';

/** What the sentences of the findings' effects say, and where in the finding the error's text stands. */
const sentences: readonly {readonly said: RegExp; readonly fails: readonly Step[]; readonly setsUp?: true}[] = [
	{said: /ContainerCreating \(ADD fails: (?<text>.+?)\), and .+ \(DEL fails the same way\)\./, fails: ['add', 'del']},
	{said: /the plugin sets the network up, and the runtime fails with: (?<text>.+?)\. /, fails: ['add'], setsUp: true},
	{said: /^Pods start, and cannot be torn down: DEL fails with: (?<text>.+?)\. /, fails: ['del']},
	{said: /^Pods do not start: the CHECK after ADD fails with: (?<text>.+?)\. .+ cannot be torn down\./, fails: ['check', 'del']},
	{said: /no network is loaded, the node is NotReady/, fails: ['load']},
	{said: /^The runtime takes the config for 0\.1\.0/, fails: []},
];

/** Throws at an effect that says none of these: then nobody holds it against what happens. */
export function predictionOf(findings: readonly Finding[]): Prediction {
	const read = findings.map(finding => ({finding, ...sentenceOf(finding)}));
	const fate = (step: Step): Fate => {
		const texts = read.filter(({fails}) => fails.includes(step)).map(({text}) => text);
		return texts.length === 0 ? 'ok' : texts;
	};
	return {
		load: fate('load'),
		add: fate('add'),
		check: fate('check'),
		del: fate('del'),
		setsUp: read.some(({setsUp}) => setsUp),
	};
}

function sentenceOf({check, effect, message}: Finding): {
	readonly text: string;
	readonly fails: readonly Step[];
	readonly setsUp: boolean;
} {
	for (const {said, fails, setsUp = false} of sentences) {
		const match = said.exec(effect);
		if (match !== null) {
			return {text: match.groups?.['text'] ?? message.replace(/^.*?: /, ''), fails, setsUp};
		}
	}

	throw new Error(`nothing says what becomes of pods where ${check} finds: ${effect}`);
}

/** Whether a step went as was said. */
export function agrees(fate: Fate, said: string | undefined): boolean {
	return fate === 'ok' ? said === 'ok' : said !== undefined && said !== 'ok' && fate.some(text => said.includes(text));
}
