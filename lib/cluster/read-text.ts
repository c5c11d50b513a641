import {close, constants, createReadStream, fstat, open} from 'node:fs';
import {Socket} from 'node:net';
import {promisify} from 'node:util';

/** No kubeconfig and no file that one names is larger: thousands of clusters with their certificates. */
const largestFile = 16 * 1024 * 1024;

/**
The text of a file, or of a pipe such as `<(command)` gives. Opened without waiting: a pipe that nobody writes would hold a thread, and
with it the process, past every Ctrl-C.
*/
export async function readText(path: string, signal?: AbortSignal): Promise<string> {
	const fd = await promisify(open)(path, constants.O_RDONLY | constants.O_NONBLOCK);
	const stat = await promisify(fstat)(fd);
	if (!stat.isFile() && !stat.isFIFO()) {
		await promisify(close)(fd);
		throw new Error(stat.isDirectory() ? 'it is a directory' : 'it is no regular file');
	}

	const options = {fd, ...(signal && {signal})};
	const stream = stat.isFile() ? createReadStream('', options) : new Socket({...options, readable: true, writable: false});
	const chunks: Buffer[] = [];
	let size = 0;
	for await (const chunk of stream) {
		chunks.push(chunk as Buffer);
		size += (chunk as Buffer).length;
		if (size > largestFile) {
			throw new Error(`it is larger than ${largestFile / 1024 / 1024} MiB`);
		}
	}

	return Buffer.concat(chunks).toString('utf8');
}
