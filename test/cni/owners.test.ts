import test from 'ava';
import {readConfigList} from '../../lib/cni/config-list.ts';
import {ownerOf, ownerOfFile} from '../../lib/cni/owners.ts';
import type {JsonValue} from '../../lib/facts/node-facts.ts';
import {configFile, facts} from '../check/healthy-facts.ts';

const chain = (...plugins: readonly JsonValue[]): JsonValue => ({name: 'x', cniVersion: '0.3.1', plugins});
const of = (type: string, ipam?: string): JsonValue => ({type, ...(ipam !== undefined && {ipam: {type: ipam}})});

/** Configs as each project's installer writes them, reduced to what tells them apart. */
const cases: readonly (readonly [id: string | undefined, file: string, json: JsonValue, template?: string])[] = [
	['calico', '10-calico.conflist', chain(of('calico', 'calico-ipam'), of('bandwidth'), of('portmap'))],
	['canal', '10-canal.conflist', chain(of('calico', 'host-local'), of('portmap'), of('bandwidth'))],
	['flannel', '10-flannel.conflist', chain({type: 'flannel', delegate: {hairpinMode: true}}, of('portmap'))],
	['cilium', '05-cilium.conflist', chain(of('cilium-cni'))],
	['weave', '10-weave.conflist', chain(of('weave-net'), of('portmap'))],
	['antrea', '10-antrea.conflist', chain(of('antrea', 'host-local'), of('portmap'), of('bandwidth'))],
	['multus', '00-multus.conf', {name: 'multus', type: 'multus', delegates: [of('calico', 'calico-ipam')]}],
	['multus', '00-multus.conf', {name: 'multus', type: 'multus-shim'}],
	['aws-vpc-cni', '10-aws.conflist', chain(of('aws-cni'), of('egress-cni', 'host-local'), of('portmap'))],
	['azure-cni', '10-azure.conflist', chain(of('azure-vnet', 'azure-vnet-ipam'), of('portmap'))],
	['kube-router', '10-kuberouter.conflist', chain(of('bridge', 'host-local'), of('portmap'))],
	['ovn-kubernetes', '10-ovn-kubernetes.conf', {cniVersion: '0.4.0', name: 'ovn-kubernetes', type: 'ovn-k8s-cni-overlay'}],
	['kindnet', '10-kindnet.conflist', chain(of('ptp', 'host-local'), of('portmap'))],
	['gke-netd', '10-gke-ptp.conflist', chain(of('ptp', 'host-local'), of('portmap'))],
	['containerd-template', '10-containerd-net.conflist', chain(of('bridge', 'host-local')), '/etc/cni/template'],
	['hand', '10-containerd-net.conflist', chain(of('bridge', 'host-local'), of('portmap'))],
	['cri-o-sample', '11-crio-ipv4-bridge.conflist', chain(of('bridge', 'host-local'))],
	['podman', '87-podman-bridge.conflist', chain(of('bridge', 'host-local'), of('portmap'), of('firewall'), of('tuning'))],
	['hand', '10-mynet.conflist', chain(of('macvlan', 'dhcp'))],
	[undefined, '10-own.conflist', chain(of('our-own-plugin'))],
];

for (const [id, file, json, confTemplate = ''] of cases) {
	test(`${file} with ${JSON.stringify(json).slice(0, 60)} is by ${id}`, t => {
		const path = `/etc/cni/net.d/${file}`;
		const read = readConfigList(configFile(json, path));
		const owner = 'list' in read ? ownerOf(read.list, facts({runtime: {confTemplate}})) : t.fail(JSON.stringify(read));
		t.is(owner?.id, id);
		if (owner !== undefined) {
			// Each row is a sentence that can stand behind another, and never ends in nothing.
			t.regex(owner.change(path), /\S/);
			t.regex(owner.rewriting, /^\S.*\.$/s);
		}
	});
}

test('k3s and MicroK8s are told by where the file is', t => {
	const owner = (path: string) => {
		const read = readConfigList(configFile(chain(of('flannel')), path));
		return 'list' in read ? ownerOf(read.list, facts())?.id : undefined;
	};
	t.is(owner('/var/lib/rancher/k3s/agent/etc/cni/net.d/10-flannel.conflist'), 'k3s');
	t.is(owner('/var/snap/microk8s/current/args/cni-network/10-calico.conflist'), 'microk8s');
});

test('of a broken file the name alone tells whose it is, where it tells at all', t => {
	for (const [id, file, , template] of cases.filter(([id]) => id !== undefined && id !== 'hand')) {
		t.is(ownerOfFile(`/etc/cni/net.d/${file}`, facts({runtime: {confTemplate: template ?? ''}}))?.id, id, file);
	}

	t.is(ownerOfFile('/etc/cni/net.d/10-mynet.conflist', facts()), undefined);
});
