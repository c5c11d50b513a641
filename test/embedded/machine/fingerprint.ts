import {createHash} from 'node:crypto';
import {existsSync, lstatSync, readdirSync, readFileSync, readlinkSync} from 'node:fs';
import {join} from 'node:path';

/** What an upgrade may touch, and has to put back. */
const places = [
	'/etc',
	'/opt/cni',
	'/usr/lib/cni',
	'/usr/libexec/cni',
	'/usr/bin',
	'/usr/lib/systemd',
	'/var/lib/cni',
	'/var/lib/kubelet',
	'/.stand-in',
];

/** Each file with mode, owner and SHA-256, one a line, in order. What pods come and go with (leases, cached results) is left out, and what tells one machine from the other. */
export function filesOf(root: string): readonly string[] {
	return places.flatMap(place => (existsSync(join(root, place)) ? entriesOf(root, place) : [])).sort();
}

function entriesOf(root: string, path: string): readonly string[] {
	if (/^(\/var\/lib\/cni\/(networks|results)|\/etc\/machine-id)$/.test(path)) {
		return [];
	}

	const file = join(root, path);
	const {mode, uid, gid} = lstatSync(file);
	const kind = lstatSync(file);
	const says = `${path} ${mode.toString(8)} ${uid}:${gid}`;
	if (kind.isSymbolicLink()) {
		return [`${says} -> ${readlinkSync(file)}`];
	}

	if (kind.isDirectory()) {
		return [says, ...readdirSync(file).flatMap(name => entriesOf(root, `${path}/${name}`))];
	}

	return [`${says} ${createHash('sha256').update(readFileSync(file)).digest('hex')}`];
}

/** Leases and cached results of sandboxes that are not there: what a pod left behind. */
export function leftOvers(root: string, ids: ReadonlySet<string>): readonly string[] {
	const networks = '/var/lib/cni/networks';
	const results = '/var/lib/cni/results';
	const inside = (path: string) => (existsSync(join(root, path)) ? readdirSync(join(root, path)) : []);
	const leases = inside(networks)
		.flatMap(network => inside(`${networks}/${network}`).map(name => `${networks}/${network}/${name}`))
		.filter(path => /\/[\da-f.:]+$/.test(path))
		.filter(path => !ids.has(readFileSync(join(root, path), 'utf8').split('\r\n')[0] ?? ''));
	const cached = inside(results).filter(name => !ids.has(/-([\da-f]{64})-\w+$/.exec(name)?.[1] ?? ''));
	return [...leases, ...cached.map(name => `${results}/${name}`)].sort();
}
