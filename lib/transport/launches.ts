import type {Api} from '../cluster/api.ts';
import {ApiError} from '../cluster/errors.ts';
import {getNodeImages} from '../cluster/nodes.ts';
import {Window} from '../window.ts';
import {chooseLaunch, kindOf, type Launch, type NodeImage} from './probe-image.ts';
import type {ProbeTarget} from './transport.ts';

/** Nodes whose images are read at the same time. */
const width = 8;

/**
From what the probe pod of each node runs. What a node says of its images is believed for others of its kind only where a second one
says the same, so that none can choose what runs on the others; where two do not agree, each node speaks for itself.
*/
export class Launches {
	readonly #api: Api;
	readonly #named: Launch | undefined;
	readonly #byKind = new Map<string, Launch>();
	readonly #byNode = new Map<string, Launch>();
	readonly #window = new Window(width);

	private constructor(api: Api, image: string | undefined) {
		this.#api = api;
		this.#named = image === undefined ? undefined : {image, hostDirs: []};
	}

	/** One GET for each kind of node, or two where no other kind says the same, unless the image was named. */
	static async choose(
		targets: readonly ProbeTarget[],
		{api, image}: {readonly api: Api; readonly image: string | undefined},
		signal: AbortSignal,
	): Promise<Launches> {
		const launches = new Launches(api, image);
		if (launches.#named === undefined) {
			const kinds = [...Map.groupBy(targets, kindOf).values()];
			const held = await Promise.all(kinds.map(async ([first]) => (first === undefined ? [] : launches.#images(first, signal))));
			await Promise.all(
				kinds.map(async (members, index) =>
					launches.#chooseFor(members, held[index] ?? [], namesIn(held.toSpliced(index, 1)), signal),
				),
			);
		}

		return launches;
	}

	/** Undefined: `--image` has to name one. */
	of(target: ProbeTarget): Launch | undefined {
		return this.#named ?? this.#byNode.get(target.node) ?? this.#byKind.get(kindOf(target));
	}

	/** After the image was not there: asks the node itself. Settles with whether there is something else to try. */
	async chooseAnew(target: ProbeTarget, signal: AbortSignal): Promise<boolean> {
		const before = this.of(target);
		return this.#named === undefined && (await this.#askItself(target, signal)) && this.of(target)?.image !== before?.image;
	}

	/** `held`: what the first of a kind says that it holds; `others`: what nodes of other kinds hold. */
	async #chooseFor(
		members: readonly ProbeTarget[],
		held: readonly NodeImage[],
		others: ReadonlySet<string>,
		signal: AbortSignal,
	): Promise<void> {
		const [first, last] = [members[0], members.at(-1)];
		if (first === undefined || last === undefined) {
			return;
		}

		if (first === last) {
			this.#speaksForItself(first, held);
			return;
		}

		const launch =
			chooseLaunch(first, confirmed(held, others)) ??
			chooseLaunch(first, confirmed(held, namesIn([await this.#images(last, signal)])));
		if (launch === undefined) {
			await Promise.all(members.map(async member => this.#askItself(member, signal)));
		} else {
			this.#byKind.set(kindOf(first), launch);
		}
	}

	async #askItself(target: ProbeTarget, signal: AbortSignal): Promise<boolean> {
		return this.#speaksForItself(target, await this.#images(target, signal));
	}

	#speaksForItself(target: ProbeTarget, images: readonly NodeImage[]): boolean {
		const launch = chooseLaunch(target, images);
		if (launch !== undefined) {
			this.#byNode.set(target.node, launch);
		}

		return launch !== undefined;
	}

	/** None where the node is gone in the meantime. */
	async #images({node}: ProbeTarget, signal: AbortSignal): Promise<readonly NodeImage[]> {
		await this.#window.acquire(signal);
		try {
			return await getNodeImages(this.#api, node, signal);
		} catch (error) {
			if (error instanceof ApiError && error.status === 404) {
				return [];
			}

			throw error;
		} finally {
			this.#window.release();
		}
	}
}

function namesIn(lists: readonly (readonly NodeImage[])[]): ReadonlySet<string> {
	return new Set(lists.flat().flatMap(({names}) => names));
}

/** Those images, by those names, that others hold too. */
function confirmed(images: readonly NodeImage[], others: ReadonlySet<string>): readonly NodeImage[] {
	return images.map(image => ({...image, names: image.names.filter(name => others.has(name))}));
}
