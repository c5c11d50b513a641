import type {NodeFault} from './simulated-node.ts';

/** The faults of every node, and how many pods each has still to strike. */
export class NodeFaults {
	readonly #armed = new Map<string, readonly {readonly fault: NodeFault; left: number}[]>();

	/** What goes wrong on a node from now on, in place of what did. */
	set(node: string, faults: readonly NodeFault[]): void {
		const armed = faults.map(fault => ({fault, left: fault.times ?? Number.POSITIVE_INFINITY}));
		this.#armed.set(node, armed);
	}

	/** What strikes the next pod of a node. */
	take(node: string): readonly NodeFault[] {
		const armed = this.#left(node);
		for (const entry of armed) {
			entry.left -= 1;
		}

		return armed.map(({fault}) => fault);
	}

	/** Its kubelet answers nothing, starts nothing and ends nothing. */
	isSilent(node: string): boolean {
		return this.has(node, 'silent');
	}

	/** Whether such a fault is armed. */
	has(node: string, kind: NodeFault['kind']): boolean {
		return this.#left(node).some(({fault}) => fault.kind === kind);
	}

	#left(node: string): readonly {readonly fault: NodeFault; left: number}[] {
		return this.#armed.get(node)?.filter(({left}) => left > 0) ?? [];
	}
}
