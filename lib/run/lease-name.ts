import {createHash} from 'node:crypto';

/** What an object's name may be long (kubernetes/apimachinery, pkg/util/validation/validation.go, `DNS1123SubdomainMaxLength`, v1.36). */
const longest = 253;

/** The name of a node's lease: a node's own name may be as long as a name can be. */
export function leaseNameOf(node: string): string {
	const name = `cni-upgrade-${node}`;
	if (name.length <= longest) {
		return name;
	}

	const hash = createHash('sha256').update(node).digest('hex').slice(0, 12);
	return `${name.slice(0, longest - hash.length - 1).replace(/[.-]+$/, '')}-${hash}`;
}
