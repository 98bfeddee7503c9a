/**
 * Reads a file in which legacy keeps a list. Legacy empties it and writes it anew at each change, so what is half there may be
 * whole in a moment: a file counts as cut short only once nobody has written to it for a while.
 */
import { isUtf8 } from 'node:buffer';
import { readFile, stat } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { salvage } from './salvage.ts';

export interface ListFile {
  items: unknown[];
  /** The file is cut short; what follows the last complete element. */
  cut?: string;
  /** It is not a list; why. */
  unusable?: string;
  /** It has bytes that are not UTF-8. */
  replaced?: true;
}

/** A way to read a list; undefined where there is no such file. */
export type ReadList = (path: string) => Promise<ListFile | undefined>;

/** Milliseconds without a write after which a file is at rest. */
const rest = 500;
const look = 50;

/** @returns undefined where there is no such file */
export async function readList(path: string): Promise<ListFile | undefined> {
  for (;;) {
    const reading = await readTwice(path);
    if (reading === undefined) return undefined;
    if (reading === 'changing') {
      await delay(1);
      continue;
    }
    const list = parseList(reading.bytes);
    if (list.cut === undefined && list.unusable === undefined) return list;
    if (await atRest(path, reading.sign)) return list;
  }
}

export interface Reading {
  bytes: Buffer;
  /** Of the file as it was read: it changes with each write, unless two writes are within one tick of the clock. */
  sign: string;
}

/**
 * Reads a file twice. A reader that a writer overtakes gets the beginning of the old text and the end of the next one, and that may
 * parse: so two readings have to agree.
 */
export async function readTwice(path: string): Promise<Reading | 'changing' | undefined> {
  const sign = await signOf(path);
  if (sign === undefined) return undefined;
  const first = await readFile(path).catch(ignoreMissing);
  const second = await readFile(path).catch(ignoreMissing);
  if (!first || !second || !first.equals(second)) return 'changing';
  return (await signOf(path)) === sign ? { bytes: second, sign } : 'changing';
}

async function atRest(path: string, before: string): Promise<boolean> {
  for (let waited = 0; waited < rest; waited += look) {
    if ((await signOf(path)) !== before) return false;
    await delay(look);
  }
  return (await signOf(path)) === before;
}

async function signOf(path: string): Promise<string | undefined> {
  const found = await stat(path, { bigint: true }).catch(ignoreMissing);
  return found && `${found.ino} ${found.size} ${found.mtimeNs}`;
}

/** A chat may be deleted while it is read. */
function ignoreMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error;
}

/** What the bytes hold, whole or cut short. */
export function parseList(bytes: Buffer): ListFile {
  const text = bytes.toString('utf8');
  const replaced = isUtf8(bytes) ? {} : { replaced: true as const };
  try {
    const value: unknown = JSON.parse(text);
    if (Array.isArray(value)) return { items: value, ...replaced };
    return { items: [], unusable: `it holds ${value === null ? 'null' : typeof value}` };
  } catch (error) {
    const saved = salvage(text);
    if (saved) return { items: saved.items, cut: saved.rest, ...replaced };
    return { items: [], unusable: text === '' ? 'it is empty' : (error as Error).message };
  }
}
