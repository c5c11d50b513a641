import type {Clock} from '../clock.ts';
import type {Api} from '../cluster/api.ts';
import {createLease, getLease, type Lease, type LeaseRef, type NewLease, replaceLease} from '../cluster/leases.ts';
import {exitCode, UserError} from '../errors.ts';

export type TakeLease = LeaseRef & {
	/** `USER@HOST/RUN`, which is written. */
	readonly identity: string;
	readonly run: string;
	readonly token: string;
	/** What it is the lease of, in `TYPE/name` form. */
	readonly subject: string;
	/** Of several nodes: whose run holds it stands on one of them. */
	readonly isShared: boolean;
	readonly node: {readonly name: string};
	readonly owner?: NewLease['owner'];
	readonly clock: Clock;
	readonly signal: AbortSignal;
	readonly onNotice: (message: string) => void;
};

/** Seconds after which a lease that nobody renews counts no more. */
export const durationSeconds = 30;

/** By what one process knows its own writes, also those whose answer was lost. */
const tokenAnnotation = 'cni-upgrade/token';

/** Milliseconds between looks at somebody else's. */
const lookEvery = 3_000;

/** Milliseconds that a write may have taken: one that took longer is made again, so that there is time until the next. */
const longestWrite = 5_000;

/** Seconds that another's lease may claim to last: one that says more is watched for no longer than this. */
const longestDuration = 120;

/**
Somebody else works there, and was seen to be alive.
@public
*/
export class LockHeld extends UserError {}

/** A lease of ours, and when (by the monotonic clock) it was last asked for. */
export type Taken = {readonly lease: Lease; readonly asked: number};

/** Takes a lease that is free, or whose holder does not renew it while we look. Rejects with `LockHeld`. */
export async function takeLease(api: Api, wish: TakeLease): Promise<Taken> {
	const {clock, signal} = wish;
	let watched: Watched | undefined;
	for (;;) {
		const asked = clock.monotonic();
		const seen = await getLease(api, wish, {signal});
		const isOwn = seen !== undefined && isOurs(seen, wish);
		watched = isOwn || watched?.resourceVersion === seen?.resourceVersion ? watched : watch(seen, wish, watched);
		// Ours already where an answer was lost; when that was written is not known, so it is written again.
		if (seen === undefined || isOwn || seen.holder === '' || (watched !== undefined && asked - watched.since >= watched.ms)) {
			const lease = await write(api, wish, seen);
			if (lease !== undefined && clock.monotonic() - asked < longestWrite) {
				return {lease, asked};
			}

			// Somebody was faster, or our own answer was lost or late: look who has it.
			continue;
		}

		await clock.sleep(lookEvery, signal);
	}
}

export function isOurs({annotations, holder}: Lease, {token, identity}: Pick<TakeLease, 'token' | 'identity'>): boolean {
	return annotations[tokenAnnotation] === token && holder === identity;
}

/** What is written into a lease that is ours. */
export function ourLease({namespace, name, identity, token, owner, clock}: TakeLease, before: Lease | undefined): NewLease {
	const now = clock.now();
	const began = before !== undefined && isOurs(before, {token, identity}) ? Date.parse(before.acquireTime) : Number.NaN;
	return {
		namespace,
		name,
		holder: identity,
		durationSeconds,
		acquired: Number.isNaN(began) ? now : began,
		renewed: now,
		transitions: before === undefined ? 0 : before.transitions + (Number.isNaN(began) ? 1 : 0),
		annotations: {[tokenAnnotation]: token},
		owner,
	};
}

/** Somebody else's lease as it is, since when by our own clock, and for how many milliseconds that has to stay so. */
type Watched = {readonly resourceVersion: string; readonly holder: string; readonly since: number; readonly ms: number};

/** Begins to watch. Throws `LockHeld` where it changed while we looked: whoever has it is alive. */
function watch(seen: Lease | undefined, wish: TakeLease, before: Watched | undefined): Watched | undefined {
	if (seen === undefined || seen.holder === '') {
		return undefined;
	}

	if (before !== undefined) {
		throw held(seen, wish);
	}

	const seconds = Math.min(Math.max(seen.durationSeconds ?? durationSeconds, 1), longestDuration);
	wish.onNotice(
		`${wish.subject} is locked by ${textOf(seen.holder)} since ${textOf(seen.acquireTime)}; looking for up to ${seconds} s whether that run is alive`,
	);
	// From now, when the answer is there, and not from when it was asked for: the lease may have been written in between.
	return {resourceVersion: seen.resourceVersion, holder: seen.holder, since: wish.clock.monotonic(), ms: seconds * 1000};
}

async function write(api: Api, wish: TakeLease, seen: Lease | undefined): Promise<Lease | undefined> {
	const lease = ourLease(wish, seen);
	if (seen === undefined) {
		return createLease(api, lease, {signal: wish.signal});
	}

	if (seen.holder !== '' && !isOurs(seen, wish)) {
		wish.onNotice(
			`${textOf(seen.holder)} has not renewed the lock of ${wish.subject} for ${seen.durationSeconds ?? durationSeconds} s; it is taken over`,
		);
	}

	return replaceLease(api, seen, lease, {signal: wish.signal});
}

function held({holder, acquireTime, renewTime, namespace, name}: Lease, {subject, isShared, node}: TakeLease): LockHeld {
	const run = /\/([a-z0-9]{10})$/.exec(holder)?.[1];
	const [look, where] = isShared ? ['See on which node', ''] : ['See what it does', ` ${node.name}`];
	return new LockHeld(
		`${subject} is being worked on by ${textOf(holder)} since ${textOf(acquireTime)}, who renewed lease/${name} in namespace/${namespace} while we looked (${textOf(renewTime)} by their clock)`,
		{
			remedy: `${look}: kubectl cni-upgrade status${where}
Wait until it is done. If nobody is at it any more, end that program; after ${durationSeconds} s its run${run === undefined ? '' : ` ${run}`} can be continued with: kubectl cni-upgrade resume${where === '' ? ' NODE' : where}`,
			exitCode: exitCode.blocked,
		},
	);
}

/** Others' words, on one line. */
function textOf(text: string): string {
	const line = text.replaceAll(/[^\x20-\x7e]+/g, '?').slice(0, 200);
	return line === '' ? 'somebody unknown' : line;
}
