import {ApiStatus, refuse} from './status.ts';

type Json = Readonly<Record<string, unknown>>;

/** Applies the body of a PATCH to an object, by its content type. Throws what the API server answers where it cannot be. */
export function applyPatch<T extends Json>(object: T, patch: unknown, contentType: string): T {
	const type = contentType.split(';')[0]?.trim() ?? '';
	if (['application/json-patch+json', 'application/apply-patch+yaml', 'application/apply-patch+cbor'].includes(type)) {
		throw refuse.notImplemented(`patches as ${type}`);
	}

	if (type !== 'application/merge-patch+json' && type !== 'application/strategic-merge-patch+json') {
		throw new ApiStatus(415, 'UnsupportedMediaType', '415: Unsupported Media Type', {});
	}

	if (!isRecord(patch)) {
		const what = Array.isArray(patch) ? 'array' : typeof patch;
		throw refuse.badRequest(`error decoding patch: json: cannot unmarshal ${what} into Go value of type map[string]interface {}`);
	}

	return merge(object, patch, type === 'application/strategic-merge-patch+json' ? mergeKeys : {}) as T;
}

/** Lists that a strategic merge patch merges, by the field that tells their items apart; '' for plain values. All others are replaced. */
const mergeKeys: Readonly<Record<string, string>> = {
	conditions: 'type',
	addresses: 'type',
	ownerReferences: 'uid',
	finalizers: '',
	podIPs: 'ip',
	hostIPs: 'ip',
};

/** RFC 7386: null removes, objects are merged, all else is replaced. */
function merge(target: unknown, patch: unknown, keys: Readonly<Record<string, string>>): unknown {
	if (!isRecord(patch)) {
		return patch;
	}

	const merged: Record<string, unknown> = isRecord(target) ? {...target} : {};
	for (const [name, value] of Object.entries(patch)) {
		if (keys === mergeKeys && name.startsWith('$')) {
			throw refuse.notImplemented(`the directive ${name} of strategic merge patches`);
		}

		const key = Array.isArray(value) ? keys[name] : undefined;
		if (value === null) {
			delete merged[name];
		} else if (key === undefined) {
			merged[name] = merge(merged[name], value, keys);
		} else {
			merged[name] = mergeLists(merged[name], value as readonly unknown[], key);
		}
	}

	return merged;
}

function mergeLists(target: unknown, patch: readonly unknown[], key: string): readonly unknown[] {
	const items = Array.isArray(target) ? [...(target as readonly unknown[])] : [];
	for (const item of patch) {
		const index = items.findIndex(other =>
			key === '' ? other === item : isRecord(other) && isRecord(item) && other[key] === item[key],
		);
		if (index === -1) {
			items.push(item);
		} else {
			items[index] = merge(items[index], item, mergeKeys);
		}
	}

	return items;
}

function isRecord(value: unknown): value is Json {
	return typeof value === 'object' && value !== null && !Array.isArray(value);
}
