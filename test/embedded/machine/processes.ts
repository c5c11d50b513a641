import {readdirSync, readFileSync} from 'node:fs';
import {setTimeout as sleep} from 'node:timers/promises';

/** Ids of the processes whose environment holds such an entry, as a control group holds those of a unit. Linux only: elsewhere none are found. */
export function processesWith(entry: string): readonly number[] {
	return idsOf('/proc').filter(id => {
		try {
			return id !== process.pid && readFileSync(`/proc/${id}/environ`, 'latin1').split('\0').includes(entry);
		} catch {
			// It ended in the meantime, or is another user's.
			return false;
		}
	});
}

/** Kills until none is left: one may have made another while it was looked for. */
export async function killProcessesWith(entry: string): Promise<void> {
	for (let ids = processesWith(entry); ids.length > 0; ids = processesWith(entry)) {
		for (const id of ids) {
			signal(id, 'SIGKILL');
		}

		await sleep(1);
	}
}

/** A process, or with a negative id its group. */
export function signal(id: number, name: NodeJS.Signals): void {
	try {
		process.kill(id, name);
	} catch {
		// It ended by itself.
	}
}

function idsOf(directory: string): readonly number[] {
	try {
		return readdirSync(directory)
			.filter(name => /^\d+$/.test(name))
			.map(Number);
	} catch {
		return [];
	}
}
