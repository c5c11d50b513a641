import {matchesList} from '../patterns.ts';
import {lowerAscii, refuse} from './lines.ts';

/** Whether the value of an IgnoreUnknown names a keyword (in lower case). */
export const isIgnored = (keyword: string, list: string | undefined) =>
	list !== undefined && matchesList(keyword, lowerAscii(list));

export const refuseUnknown = (at: string, keyword: string): never =>
	refuse(at, `OpenSSH knows no option "${keyword}", and no IgnoreUnknown names it`);
