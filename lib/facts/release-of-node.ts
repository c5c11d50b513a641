import {type RuntimeRelease, releaseOf} from '../runtime/releases.ts';
import type {NodeFacts} from './node-facts.ts';
import {isUnknown} from './unknown.ts';

/** The row of the node's runtime; undefined where its name or version is not known, or the tables do not have it. */
export function releaseOfNode({runtime: {name, version}}: NodeFacts): RuntimeRelease | undefined {
	return isUnknown(name) || isUnknown(version) ? undefined : releaseOf(name, version);
}
