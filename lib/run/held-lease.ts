import type {Clock} from '../clock.ts';
import type {Api} from '../cluster/api.ts';
import {deleteLease, getLease, type Lease, replaceLease} from '../cluster/leases.ts';
import {TryTimer} from '../cluster/try-timer.ts';
import {exitCode, messageOf, UserError} from '../errors.ts';
import {durationSeconds, isOurs, ourLease, type TakeLease, type Taken} from './take-lease.ts';

/** Milliseconds between renewals, and between tries of one that failed. */
const renewEvery = 10_000;
const tryEvery = 2_000;

/**
Milliseconds after the last renewal that is known to have come through, counted from when it was sent, at which the lease counts as lost:
before anybody else may take it, with time to stop what is under way.
*/
const lostAfter = durationSeconds * 1000 - 5_000;

/** Milliseconds for one request: several have to find room before the lease is lost. */
const requestTimeout = 4_000;

/** Milliseconds that giving it up may take. */
const releaseTimeout = 5_000;

/** A lease that is ours and is kept so. */
export class HeldLease {
	readonly #api: Api;
	readonly #wish: TakeLease;
	readonly #clock: Clock;
	readonly #lost = new AbortController();
	readonly #released = new AbortController();
	readonly #keeping: Promise<void>;
	#lease: Lease;
	/** By the monotonic clock: when the last write that came through was sent. */
	#renewed: number;

	constructor(api: Api, wish: TakeLease, {lease, asked}: Taken, clock: Clock) {
		this.#api = api;
		this.#wish = wish;
		this.#clock = clock;
		this.#lease = lease;
		this.#renewed = asked;
		this.#keeping = this.#keep();
	}

	get name(): string {
		return this.#wish.name;
	}

	/** Milliseconds until it counts as lost. */
	get #left(): number {
		return this.#renewed + lostAfter - this.#clock.monotonic();
	}

	/** Aborts with a `UserError`. */
	get lost(): AbortSignal {
		return this.#lost.signal;
	}

	/** Deletes it as it was last written: an empty one would only be in the way of whoever lists leases, and nobody needs its history. */
	async release(): Promise<void> {
		if (this.#released.signal.aborted) {
			return;
		}

		this.#released.abort();
		await this.#keeping;
		const signal = AbortSignal.timeout(releaseTimeout);
		// A renewal that was cut off may have come through: then it is a newer one of ours that has to go.
		const seen = await getLease(this.#api, this.#wish, {signal});
		if (seen !== undefined && isOurs(seen, this.#wish)) {
			await deleteLease(this.#api, seen, {signal});
		}
	}

	async #keep(): Promise<void> {
		const signal = this.#released.signal;
		try {
			let pause = renewEvery;
			let seen = '';
			for (;;) {
				const left = this.#left;
				if (left <= 0) {
					this.#lose(`it could not be renewed for ${lostAfter / 1000} s${seen}`);
					return;
				}

				await this.#clock.sleep(Math.min(pause, left), signal);
				// Of the whole of it: the lease is lost in time also where credentials are waited for, which no request's timeout counts.
				const timer = new TryTimer(this.#clock, signal, Math.max(this.#left, 1));
				try {
					await this.#renew(timer.signal);
					pause = renewEvery;
				} catch (error) {
					signal.throwIfAborted();
					pause = tryEvery;
					seen = `: ${messageOf(error)}`;
				} finally {
					timer.dispose();
				}

				if (this.#lost.signal.aborted) {
					return;
				}
			}
		} catch {
			// It was released.
		}
	}

	async #renew(signal: AbortSignal): Promise<void> {
		const asked = this.#clock.monotonic();
		const once = {tries: 1, timeout: Math.max(1, Math.min(requestTimeout, this.#left)), signal};
		const renewed = await replaceLease(this.#api, this.#lease, ourLease(this.#wish, this.#lease), once);
		if (renewed !== undefined) {
			this.#hold(renewed, asked);
			return;
		}

		// Somebody else wrote it, or we did and were not told.
		const seen = await getLease(this.#api, this.#wish, once);
		if (seen === undefined) {
			this.#lose('somebody has deleted it');
		} else if (isOurs(seen, this.#wish)) {
			// When that was written is not known; it is renewed at once, from what was seen.
			this.#lease = seen;
			const again = await replaceLease(this.#api, seen, ourLease(this.#wish, seen), once);
			if (again !== undefined) {
				this.#hold(again, asked);
			}
		} else {
			this.#lose(`${seen.holder.replaceAll(/[^\x20-\x7e]+/g, '?').slice(0, 200) || 'somebody unknown'} has taken it`);
		}
	}

	#hold(lease: Lease, asked: number): void {
		this.#lease = lease;
		this.#renewed = asked;
	}

	#lose(why: string): void {
		const {subject, node, namespace} = this.#wish;
		this.#lost.abort(
			new UserError(`the lock of ${subject} (lease/${this.name} in namespace/${namespace}) was lost: ${why}`, {
				remedy: `Nothing more was done from here. See where the node stands, and go on from there: kubectl cni-upgrade status ${node.name}, kubectl cni-upgrade resume ${node.name}`,
				exitCode: exitCode.blocked,
			}),
		);
	}
}
