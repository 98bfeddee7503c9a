/** The modes of a flag, and how they are written. What each of them means is the table of `gateway/continuity/modes.ts`. */
import { suggestion } from './nearest.ts';

export const modeNames = ['legacy', 'shadow', 'canary', 'new', 'complete'] as const;
export type ModeName = (typeof modeNames)[number];

/** A mode is one word, in the file, in commands and in the audit log; a canary carries its share, `canary:10%`. */
export type Mode = Exclude<ModeName, 'canary'> | `canary:${number}%`;

/** More than nothing and less than all, in steps of a tenth of a percent. */
const share = '(?:[1-9]\\d?(?:\\.\\d)?|0\\.[1-9])%';
export const modePattern = `^(?:legacy|shadow|new|complete|canary:${share})$`;
export const sharePattern = `^${share}$`;

const modeWord = new RegExp(modePattern);
const shareWord = new RegExp(sharePattern);

export const isMode = (word: string): word is Mode => modeWord.test(word);

/** The mode that a share makes; undefined where it is none. */
export const canaryOf = (word: string): Mode | undefined =>
  shareWord.test(word) ? (`canary:${word}` as Mode) : undefined;

export const nameOf = (mode: Mode): ModeName =>
  mode.startsWith('canary:') ? 'canary' : (mode as Exclude<ModeName, 'canary'>);

/** The share of the chats that `new` serves in a canary, from 0 to 1. */
export const shareOf = (mode: Mode): number => Number(/^canary:(.*)%$/.exec(mode)?.[1] ?? 0) / 100;

/** As a sentence lists them. */
export const modeList = '`legacy`, `shadow`, `canary:10%`, `new` or `complete`';

/** Says why a word is not a mode. */
export function unknownMode(word: string): string {
  if (/^canary\b/.test(word))
    return `A canary needs its share, from 0.1% to 99.9%: \`canary:10%\`, not \`${word}\`.`;
  return `\`${word}\` is not a mode${suggestion(word, modeNames) || `; write ${modeList}.`}`;
}
