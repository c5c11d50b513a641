import {styleText} from 'node:util';
import type {Environment, Output} from './output.ts';

type Colour = (text: string) => string;

/** The colours that a word can have; each leaves the text alone where the output takes none. */
export type Palette = {
	readonly bold: Colour;
	readonly dim: Colour;
	readonly good: Colour;
	readonly warn: Colour;
	readonly bad: Colour;
};

/** The only place that decides on colour: on a terminal, unless NO_COLOR or TERM=dumb is set; elsewhere only with FORCE_COLOR. */
export function paletteFor(output: Output, env: Environment): Palette {
	return takesColour(output, env) ? colours : plain;
}

function takesColour(output: Output, {NO_COLOR: no, FORCE_COLOR: force, TERM: term}: Environment): boolean {
	if (no !== undefined && no !== '') {
		return false;
	}

	return force !== undefined && force !== '' ? force !== '0' && force !== 'false' : output.isTTY === true && term !== 'dumb';
}

const paint = (format: Parameters<typeof styleText>[0]) => (text: string) => styleText(format, text, {validateStream: false});

const colours: Palette = {
	bold: paint('bold'),
	dim: paint('dim'),
	good: paint('green'),
	warn: paint('yellow'),
	bad: paint('red'),
};

const same: Colour = text => text;

export const plain: Palette = {bold: same, dim: same, good: same, warn: same, bad: same};
