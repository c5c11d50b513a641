/** Who runs a node's software, and so how it is upgraded there. */
export type Provider = {
	/** Stable kebab-case; stands in NodeFacts. */
	readonly id: string;
	readonly title: string;
	/** The right way to upgrade runtime and plugins there, in the imperative. */
	readonly upgrade: string;
	/** The operating system's files are replaced as a whole: what is installed by hand is lost or impossible. */
	readonly immutable: boolean;
	/** Whether the node has a shell in which commands can be run. */
	readonly shell: boolean;
};

export type ProviderTraits = {
	readonly labels: Readonly<Record<string, string>>;
	readonly annotations: Readonly<Record<string, string>>;
	readonly osImage: string;
	readonly kubeletVersion: string;
	/** `containerRuntimeVersion`. */
	readonly runtime: string;
	/** `spec.providerID`, where it is known. */
	readonly providerId?: string;
};

/** The id of the node's provider; `none` where an operator owns the software. */
export function providerOf(traits: ProviderTraits): string {
	throw new Error(`not yet: ${traits.osImage}`);
}

/** The row of an id; undefined for `none` and for ids that this release does not know. */
export function providerRow(id: string): Provider | undefined {
	throw new Error(`not yet: ${id}`);
}
