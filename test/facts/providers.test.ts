import test from 'ava';
import {type ProviderTraits, providerOf, providerRow} from '../../lib/facts/providers.ts';

const debian: ProviderTraits = {
	labels: {'kubernetes.io/os': 'linux'},
	annotations: {},
	osImage: 'Debian GNU/Linux 12 (bookworm)',
	kubeletVersion: 'v1.34.2',
	runtime: 'containerd://1.7.24',
};

const is = test.macro((t, traits: Partial<ProviderTraits>, id: string) => {
	t.is(providerOf({...debian, ...traits}), id);
	t.is(providerRow(id)?.id, id === 'none' ? undefined : id);
});

const labelled = (label: string): Partial<ProviderTraits> => ({labels: {[label]: 'x'}});

test('a node of its own', is, {}, 'none');
test('EKS by label', is, labelled('eks.amazonaws.com/nodegroup'), 'eks');
test('EKS by kubelet', is, {kubeletVersion: 'v1.34.1-eks-113cf36'}, 'eks');
test(
	'Bottlerocket stands before EKS: it has no shell',
	is,
	{...labelled('eks.amazonaws.com/nodegroup'), osImage: 'Bottlerocket OS 1.44.0 (aws-k8s-1.33)'},
	'bottlerocket',
);
test('GKE', is, {...labelled('cloud.google.com/gke-nodepool'), kubeletVersion: 'v1.33.5-gke.1201000'}, 'gke');
test('AKS', is, labelled('kubernetes.azure.com/agentpool'), 'aks');
test('OpenShift', is, {osImage: 'Red Hat Enterprise Linux CoreOS 418.94.202501221327-0'}, 'openshift');
test('Talos', is, {osImage: 'Talos (v1.11.2)'}, 'talos');
test('k3s', is, {kubeletVersion: 'v1.33.5+k3s1', runtime: 'containerd://2.1.4-k3s1'}, 'k3s');
test('RKE2', is, {kubeletVersion: 'v1.33.5+rke2r1'}, 'rke2');
test('k0s', is, {kubeletVersion: 'v1.34.1+k0s'}, 'k0s');
test('MicroK8s', is, labelled('microk8s.io/cluster'), 'microk8s');
test('minikube', is, labelled('minikube.k8s.io/name'), 'minikube');
test('kind', is, {providerId: 'kind://docker/kind/kind-worker'}, 'kind');
test('Flatcar', is, {osImage: 'Flatcar Container Linux by Kinvolk 4230.2.3 (Oklo)'}, 'flatcar');
test('Fedora CoreOS', is, {osImage: 'Fedora CoreOS 42.20250901.3.0'}, 'fedora-coreos');
test('an id that this release does not know has no row', t => {
	t.is(providerRow('later'), undefined);
});
