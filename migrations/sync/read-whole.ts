/** Reads a list that a running legacy app writes: whole, or not at all. */
import { basename } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { ImportError } from '../import/import-error.ts';
import { type ListFile, parseList, readTwice } from '../import/source/read-list.ts';

export interface Patience {
  /** Milliseconds until the reader gives up on a file that is written all the time. */
  changing: number;
  /** Milliseconds until it gives up on one that nobody writes. Legacy's threads may keep a writer waiting for seconds. */
  resting: number;
  /** Seconds that legacy may take between storing a document's chunks and putting it into the chat's list. */
  settling: number;
}

export const usualPatience: Patience = { changing: 60_000, resting: 5000, settling: 5 };

const pause = 20;

/** What was read last of a file, so that the same bytes are not parsed again. */
export interface Kept {
  bytes: Buffer;
  list: ListFile;
}

/**
 * Legacy writes its files in place, so a file may be half there: this reads until two readings agree and parse.
 * @param kept of this file
 * @returns undefined where there is no such file
 * @throws ImportError that names the file
 */
export async function readWhole(
  path: string,
  { changing, resting }: Omit<Patience, 'settling'>,
  signal: AbortSignal,
  kept?: Kept,
): Promise<Kept | undefined> {
  const begun = performance.now();
  let last: { sign: string; since: number; fault: string } | undefined;
  for (;;) {
    signal.throwIfAborted();
    const reading = await readTwice(path).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENAMETOOLONG') return undefined;
      throw unreadable(path, error.message);
    });
    if (reading === undefined) return undefined;
    const now = performance.now();
    if (reading !== 'changing' && reading.sign !== last?.sign) {
      if (kept?.bytes.equals(reading.bytes)) return kept;
      const list = endsAsList(reading.bytes) ? parseList(reading.bytes) : undefined;
      const fault = list ? faultOf(list) : 'it is cut short';
      if (list && fault === undefined) return { bytes: reading.bytes, list };
      last = { sign: reading.sign, since: now, fault: fault ?? '' };
    } else if (reading === 'changing') last = undefined;
    if (last && now - last.since > resting) throw unreadable(path, last.fault);
    if (now - begun > changing) throw unreadable(path, 'it is written all the time');
    await delay(pause, undefined, { signal });
  }
}

/** Most of what is half there ends otherwise; parsing a large file takes longer than reading it. */
const endsAsList = (bytes: Buffer): boolean => bytes.subarray(-16).toString('latin1').trimEnd().endsWith(']');

const faultOf = ({ cut, unusable }: ListFile): string | undefined =>
  unusable ?? (cut === undefined ? undefined : 'it is cut short');

/** A running legacy app has in memory what such a file lacks, so nothing of the file may stand for it. */
const unreadable = (path: string, fault: string) =>
  new ImportError(`${basename(path)} cannot be read: ${fault}.`, {
    advice:
      'If the legacy app runs, it still has the data in memory: rename a chat (for chat_history.json) or send a message to the chat (for its memory file), which writes the file anew. Otherwise restore the file.',
  });
