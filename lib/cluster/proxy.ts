import {BlockList, isIP} from 'node:net';
import {UserError} from '../errors.ts';
import type {Environment} from './kubeconfig-files.ts';

/**
The proxy on the way to the server: the cluster's own proxy-url, which always counts, else HTTPS_PROXY (HTTP_PROXY for an
http:// server), where NO_PROXY does not exempt the server. NO_PROXY is read as Go reads it (golang.org/x/net, http/httpproxy),
with address ranges, which Node.js' own reading lacks.
*/
export function proxyFor(server: URL, proxyUrl: string | undefined, env: Environment): URL | undefined {
	if (proxyUrl !== undefined) {
		return parseProxy(proxyUrl, 'proxy-url of the cluster');
	}

	const name = server.protocol === 'http:' ? 'HTTP_PROXY' : 'HTTPS_PROXY';
	const value = env[name] || env[name.toLowerCase()] || '';
	if (value === '' || isExempt(server, env['NO_PROXY'] || env['no_proxy'] || '')) {
		return undefined;
	}

	return parseProxy(value.includes('://') ? value : `http://${value}`, `environment variable ${name}`);
}

function parseProxy(text: string, from: string): URL {
	const url = URL.parse(text);
	if (url === null || !/^(https?|socks[45]?[ah]?):$/.test(url.protocol)) {
		throw new UserError(`the ${from} is no URL of a proxy`, {
			remedy: 'Write it as http://HOST:PORT, https://HOST:PORT or socks5://HOST:PORT.',
		});
	}

	return url;
}

function isExempt(server: URL, noProxy: string): boolean {
	const host = server.hostname.replace(/^\[|\]$/g, '').toLowerCase();
	const port = server.port || (server.protocol === 'http:' ? '80' : '443');
	return isLoopback(host) || noProxy.split(',').some(entry => matches(entry.trim().toLowerCase(), host, port));
}

function isLoopback(host: string): boolean {
	return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
}

/** One entry: `*`, an address, a range, a name with all names under it, or `.name` for those under it only; each perhaps with a port. */
function matches(entry: string, host: string, port: string): boolean {
	if (entry === '*') {
		return true;
	}

	const [, range = '', bits = ''] = /^([\da-f.:]+)\/(\d{1,3})$/.exec(entry) ?? [];
	if (range !== '') {
		return isInRange(host, range, Number(bits));
	}

	const [, name = '', onlyPort] = isIP(entry) === 6 ? [entry, entry] : (/^\[?([^\]]*?)\]?(?::(\d+))?$/.exec(entry) ?? []);
	if (name === '' || (onlyPort !== undefined && onlyPort !== port)) {
		return false;
	}

	const suffix = name.replace(/^\*(?=\.)/, '');
	return suffix.startsWith('.') ? host.endsWith(suffix) : host === suffix || (isIP(host) === 0 && host.endsWith(`.${suffix}`));
}

function isInRange(host: string, range: string, bits: number): boolean {
	const family = isIP(range);
	if (family === 0 || isIP(host) !== family || bits > (family === 4 ? 32 : 128)) {
		return false;
	}

	const list = new BlockList();
	const type = family === 4 ? 'ipv4' : 'ipv6';
	list.addSubnet(range, bits, type);
	return list.check(host, type);
}
