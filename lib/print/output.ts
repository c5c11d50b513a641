/** Where text goes: a stream of Node.js, which may be a terminal. */
export type Output = NodeJS.WritableStream & {readonly isTTY?: boolean; readonly columns?: number};

export type Environment = Readonly<Record<string, string | undefined>>;
