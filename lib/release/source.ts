/** What reads a source: nothing where the file beside an archive is not there. */
export type Source = {
	readonly name: string;
	/** Throws UserError where it is longer. */
	readonly read: (suffix: '' | '.sha256', maxBytes: number) => Promise<Uint8Array | undefined>;
	/** Whether there is an archive at all; true where that is found out only by reading it. */
	readonly isThere: () => Promise<boolean>;
	/** Whether somebody on the way could have changed the file beside the archive as well. */
	readonly isOpen: boolean;
};
