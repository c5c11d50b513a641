import type {Machine} from './machine.ts';
import type {Answer, Program} from './requests.ts';
import {type Sandbox, vethOf} from './sandboxes.ts';

/** Services that answer on every machine: their names and addresses. */
const services: readonly {readonly names: readonly string[]; readonly address: string; readonly port: number}[] = [
	{
		names: ['kubernetes.default', 'kubernetes.default.svc', 'kubernetes.default.svc.cluster.local'],
		address: '10.96.0.1',
		port: 443,
	},
	{
		names: ['kube-dns.kube-system', 'kube-dns.kube-system.svc', 'kube-dns.kube-system.svc.cluster.local'],
		address: '10.96.0.10',
		port: 53,
	},
];

/** The programs that look at and try the network of a machine. */
export function networkPrograms(machine: Machine): Readonly<Record<string, Program>> {
	return {
		'ip-asked': words => ip(machine, words),
		bridge: () => ({
			code: 0,
			out: own(machine)
				.map(one => `${macOf(one)} dev ${vethOf(one.id)} master cni0\n`)
				.join(''),
		}),
		ping: words => ping(machine, words.at(-1) ?? ''),
		'tcp-asked': ([address = '', port = '']) => tcp(machine, address, Number(port)),
		getent: ([, name = '']) => resolve(machine, name),
	};
}

/** Sandboxes with an address of the machine's own. */
function own({runtime}: Machine): readonly Sandbox[] {
	return [...runtime.sandboxes.values()].filter(({ip}) => ip !== '');
}

/** Whether somebody is at the address who can be reached from the machine. */
function isReached(machine: Machine, address: string): boolean {
	const peers = machine.peers.filter(peer => peer === machine || peer.faults.unreachable !== true);
	const isLive = ({ip, state}: Sandbox) => ip === address && state === 'SANDBOX_READY';
	return machine.faults.unreachable !== true && peers.some(peer => own(peer).some(isLive));
}

function ip(machine: Machine, words: readonly string[]): Answer {
	const [object = '', verb = '', ...rest] = words.filter(word => !word.startsWith('-'));
	const found = own(machine).find(one => one.ip === rest.at(-1));
	switch (`${object} ${verb}`) {
		case 'neigh show':
			return {code: 0, out: found === undefined ? '' : `${found.ip} dev cni0 lladdr ${macOf(found)} REACHABLE\n`};
		case 'route get':
			return {code: 0, out: `${rest.at(-1)} dev ${found === undefined ? 'eth0' : 'cni0'} src 10.0.0.1 uid 0\n    cache\n`};
		case 'route show': {
			const subnets = new Set(own(machine).map(({ip}) => ip.replace(/\.\d+$/, '')));
			const lines = [...subnets].map(
				subnet => `${subnet}.0/24 dev cni0 proto kernel scope link src ${subnet}.1\nlocal ${subnet}.1 dev cni0 table local\n`,
			);
			return {code: 0, out: `default via 10.10.0.1 dev eth0\n${lines.join('')}`};
		}
		case 'link show':
		case 'link ':
			return {
				code: 0,
				out: own(machine)
					.map(({id}, index) => `${index + 5}: ${vethOf(id)}@if2: <BROADCAST,MULTICAST,UP,LOWER_UP> master cni0\n`)
					.join(''),
			};
		default:
			return {code: 0};
	}
}

function ping(machine: Machine, address: string): Answer {
	const isHere = isReached(machine, address);
	const head = `PING ${address} (${address}) 56(84) bytes of data.\n`;
	return isHere
		? {
				code: 0,
				out: `${head}64 bytes from ${address}: icmp_seq=1 ttl=64 time=0.045 ms\n\n--- ${address} ping statistics ---\n1 packets transmitted, 1 received, 0% packet loss, time 0ms\n`,
			}
		: {
				code: 1,
				out: `${head}\n--- ${address} ping statistics ---\n1 packets transmitted, 0 received, 100% packet loss, time 0ms\n`,
			};
}

function tcp(machine: Machine, address: string, port: number): Answer {
	if (machine.faults.unreachable !== true && services.some(service => service.address === address && service.port === port)) {
		return {code: 0};
	}

	const why = isReached(machine, address) ? 'Connection refused' : 'No route to host';
	return {code: 1, err: `bash: connect: ${why}\nbash: line 1: /dev/tcp/${address}/${port}: ${why}\n`};
}

function resolve(machine: Machine, name: string): Answer {
	const service = services.find(({names}) => names.includes(name));
	return service === undefined || machine.faults.unreachable === true
		? {code: 2}
		: {code: 0, out: `${service.address}     ${name}\n`};
}

function macOf({id}: Sandbox): string {
	return `0a:58:${[0, 2, 4, 6].map(at => id.slice(at, at + 2)).join(':')}`;
}
