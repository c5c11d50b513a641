import * as fc from 'fast-check';

/** Every character that may never reach a terminal from outside: C0, DEL, C1, separators, bidi controls, invisible ones, half characters. */
export const forbidden = /[\p{Cc}\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202f\u2060-\u206f\ufeff\p{Cs}]|[\ufe00-\ufe0f]/u;

/** Text as a hostile node writes it: bytes, control characters, half characters. */
export const hostileText = fc.oneof(
	fc.string({unit: 'binary'}),
	fc.string({
		unit: fc.constantFrom(
			'\x1b',
			'[',
			'2',
			'J',
			'\r',
			'\n',
			'\b',
			'\0',
			'\x7f',
			'\u009b',
			'\u202e',
			'\u200b',
			'漢',
			'é',
			'a',
			'\ud800',
		),
	}),
	fc.uint8Array().map(bytes => Buffer.from(bytes).toString('latin1')),
);
