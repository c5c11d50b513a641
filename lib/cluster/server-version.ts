import type {Api} from './api.ts';
import {notAnApiServer} from './errors.ts';
import {asText, field} from './json.ts';

/** The API server's release, such as `v1.34.2`. */
export async function serverVersion(api: Api, signal: AbortSignal): Promise<string> {
	const {json} = await api.request({path: '/version', signal});
	const version = asText(field(json, 'gitVersion'));
	if (version === '') {
		throw notAnApiServer(api.server, 'answered no version');
	}

	return version;
}
