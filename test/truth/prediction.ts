import type {Finding} from '../../lib/check/check.ts';
import type {Combination} from './combinations.ts';
import type {Outcome} from './measure.ts';

/** A step that fails, and what its error says. `''`: that is not told. */
type Failure = {readonly step: 'load' | 'validate' | 'status' | 'add' | 'check' | 'del'; readonly text: string};

/** What findings say that becomes of a config and of its pods. */
export type Prediction = {
	readonly failures: readonly Failure[];
	/** What ADD or a part of it sets up: gone after DEL, or there for good. */
	readonly stays: boolean;
	/** A result in which the runtime finds no address. */
	readonly misread: boolean;
};

type Meaning = (text: string, of: {readonly finding: Finding; readonly combination: Combination}) => Partial<Prediction>;

const fails = (step: Failure['step'], text: string): Failure => ({step, text});
const nothing: Meaning = () => ({});
const lacksVersion = ({cniVersion}: Combination) => cniVersion === undefined || cniVersion === '';

/** Every sentence that an effect can have here, and what it says of a combination. */
const sentences: readonly (readonly [RegExp, Meaning])[] = [
	[/^New pods stay in ContainerCreating \(ADD fails: (.+?)\)(?:\.|, and)/, text => ({failures: [fails('add', text)]})],
	[/^deleted pods stay in Terminating \(DEL fails with: (.+?)\)\./, text => ({failures: [fails('del', text)]})],
	[
		/^deleted pods stay in Terminating \(DEL fails the same way\)\./,
		(_, {finding}) => ({failures: [fails('del', /\(ADD fails: (.+?)\), and/.exec(finding.effect)?.[1] ?? '')]}),
	],
	[/^Each try leaves behind what the plugins before it set up, an address among it\./, () => ({stays: true})],
	[/^STATUS fails too, so that the node is NotReady\./, () => ({failures: [fails('status', '')]})],
	[/^The node stays Ready all the while\./, nothing],
	[
		/^New pods stay in ContainerCreating: the plugin sets the network up, and the runtime fails with: (.+?)\.(?= |$)/,
		text => ({failures: [fails('add', text)]}),
	],
	[/^(?:containerd takes the network down again|Each try may cost an address)\./, nothing],
	[
		/^(?:Pods start, and|Pods that run) cannot be torn down: DEL fails with: (.+?)\.(?= |$)/,
		text => ({failures: [fails('del', text)], stays: true}),
	],
	[/^Deleted pods stay in Terminating, and draining the node hangs\./, nothing],
	[
		/^Pods do not start: the CHECK after ADD fails with: (.+?)\.(?= |$)/,
		text => ({failures: [fails('check', text), fails('del', text)]}),
	],
	[/^Those that run cannot be torn down\./, nothing],
	[/^The runtime takes the config for 0\.1\.0: one address a pod, no CHECK, and .+ cannot be added\./, nothing],
	[/^An older containerd .+ could not tear down its pods\./, nothing],
	[
		/^containerd stops at the first file that it cannot read: no network is loaded, the node is NotReady and no pod starts\./,
		(_, {finding}) => ({failures: [fails('load', finding.message.replace(/^it cannot be read as a config: /, ''))]}),
	],
	[
		/^CRI-O leaves it out and goes on: .+, and there is none\./,
		(_, {finding}) => ({failures: [fails('load', finding.message.replace(/^it cannot be read as a config: /, ''))]}),
	],
	[/^The network is not ready: the node is NotReady, and only pods of the host network start\./, nothing],
	// Held against daemons: test/truth/daemons.
	[/^Only pods of the host network start\. The node stays Ready .+ until it is restarted\./, nothing],
	[
		/^CRI-O tries every plugin before it takes a config, and leaves this file out: .+ do not start\./,
		() => ({failures: [fails('validate', '')]}),
	],
	[
		/^Pods of a config without a version (?:do not start, and those that run )?cannot be torn down\./,
		(_, {combination}) => ({
			failures: lacksVersion(combination) ? [fails('del', 'invalid version "": the version is empty')] : [],
		}),
	],
	[/^It reads results up to spec [\d.]+\./, nothing],
	[
		/^A plugin's result without a version, as Weave Net's, is misread, and its pods fail\./,
		(_, {combination: {chain, cniVersion}}) => ({
			misread: chain === 'weave-net' && !['0.1.0', '0.2.0', '', undefined].includes(cniVersion as string),
		}),
	],
	[/^None for configs as they are: .+ has the fixes of 1\.24\.2\./, nothing],
];

/** Throws where an effect has a sentence that stands above nowhere: nobody would hold it against what happens. */
export function predictionOf(findings: readonly Finding[], combination: Combination): Prediction {
	const parts = findings.flatMap(finding => meanings(finding, combination));
	return {
		failures: parts.flatMap(({failures = []}) => failures),
		stays: parts.some(({stays}) => stays),
		misread: parts.some(({misread}) => misread),
	};
}

function meanings(finding: Finding, combination: Combination): readonly Partial<Prediction>[] {
	const parts: Partial<Prediction>[] = [];
	for (let rest = finding.effect; rest !== ''; ) {
		const found = sentences.find(([said]) => said.test(rest));
		if (found === undefined) {
			throw new Error(`${finding.check} says something that is held against nothing: ${rest}`);
		}

		const match = found[0].exec(rest);
		parts.push(found[1](match?.[1] ?? '', {finding, combination}));
		rest = rest.slice(match?.[0].length ?? 0).trim();
	}

	return parts;
}

/** Whether a step went as was said: well, or with one of the errors that were told. */
export function agrees({failures}: Prediction, step: Failure['step'], said: string | undefined): boolean {
	const told = failures.filter(failure => failure.step === step);
	return told.length === 0
		? said === 'ok' || said === undefined
		: said !== undefined && said !== 'ok' && told.some(({text}) => said.includes(text));
}

/** What is there of the pod: a bridge is the node's, not the pod's. */
export function leftOf(text: Outcome['left']): readonly string[] {
	return (text ?? '').split(', ').filter(word => word !== '' && word !== 'cni0');
}
