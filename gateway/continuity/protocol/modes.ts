/** The modes of a flag and how they are written. `roles.ts` says what each of them means. */
import { createHash } from 'node:crypto';

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

/**
 * Whether an entity is in a canary's share. The same entity is always on the same side, on every route and every gateway; one
 * that is in a share is in every larger one. @param share from 0 to 1
 */
export function isInShare(id: string, share: number): boolean {
  return createHash('sha256').update(id).digest().readUInt32BE(0) / 2 ** 32 < share;
}
