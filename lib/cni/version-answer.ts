import type {JsonValue} from '../facts/node-facts.ts';
import type {Known} from '../facts/unknown.ts';

/** Far more than there will ever be: a longer list is no answer. */
const maxVersions = 64;

/**
The supported versions in what a plugin wrote to standard output for VERSION, decoded as libcni does: its answer, or the error
`unknown CNI_COMMAND: VERSION` with which plugins older than spec 0.2.0 answer. It never throws
(containernetworking/cni:pkg/version/plugin.go and pkg/invoke/exec.go@v1.1.2).
*/
export function parseVersionAnswer(answer: JsonValue): Known<readonly string[]> {
	if (typeof answer !== 'object' || answer === null || Array.isArray(answer)) {
		return {unknown: 'its answer to VERSION is no JSON object'};
	}

	const {cniVersion, supportedVersions, msg, code} = answer as {readonly [key: string]: JsonValue | undefined};
	if (msg === 'unknown CNI_COMMAND: VERSION') {
		return ['0.1.0'];
	}

	if (supportedVersions === undefined && msg !== undefined) {
		return {unknown: `it answered to VERSION with error ${JSON.stringify(code ?? null).slice(0, 20)}: ${textOf(msg)}`};
	}

	if (typeof cniVersion !== 'string' || cniVersion === '') {
		return {unknown: 'its answer to VERSION names no cniVersion'};
	}

	if (
		supportedVersions === undefined ||
		supportedVersions === null ||
		(Array.isArray(supportedVersions) && supportedVersions.length === 0)
	) {
		return cniVersion === '0.2.0' ? ['0.1.0', '0.2.0'] : {unknown: 'its answer to VERSION has no supportedVersions'};
	}

	return isVersionList(supportedVersions)
		? supportedVersions
		: {unknown: 'the supportedVersions in its answer to VERSION are no list of versions'};
}

function isVersionList(value: JsonValue): value is readonly string[] {
	return (
		Array.isArray(value) &&
		value.length <= maxVersions &&
		value.every(version => typeof version === 'string' && version.length <= 32)
	);
}

function textOf(value: JsonValue): string {
	return (typeof value === 'string' ? value : JSON.stringify(value)).slice(0, 200);
}
