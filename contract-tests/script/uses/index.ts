/** The scripted recordings, by name. */
import { concurrentUse } from './concurrent-use.ts';
import { deletedChats } from './deleted-chats.ts';
import { failedUploads } from './failed-uploads.ts';
import { finishedJob } from './finished-job.ts';
import { jsonBodies } from './json-bodies.ts';
import { longPages } from './long-pages.ts';
import { paths } from './paths.ts';
import { polling } from './polling.ts';
import { preflights } from './preflights.ts';
import { savedChats } from './saved-chats.ts';
import { scriptedUse } from './scripted-use.ts';
import { severalPdfs } from './several-pdfs.ts';
import { tablesWithGaps } from './tables-with-gaps.ts';
import { unicode } from './unicode.ts';

/** @param legacy for what is not to be recorded */
export type Use = (origin: string, legacy: string) => Promise<void>;

export const uses: Readonly<Record<string, Use>> = {
  'scripted-use': scriptedUse,
  'several-pdfs': severalPdfs,
  'long-pages': longPages,
  'tables-with-gaps': tablesWithGaps,
  unicode,
  'json-bodies': jsonBodies,
  'deleted-chats': deletedChats,
  'failed-uploads': failedUploads,
  'finished-job': finishedJob,
  'concurrent-use': concurrentUse,
  preflights,
  paths,
  polling,
  'saved-chats': savedChats,
};

/** Recordings of what only happens where legacy's threads change in unlucky moments. */
export const restless: ReadonlySet<string> = new Set(['finished-job']);

/** Recordings that do not start with nothing: the folder in `recordings/states`. */
export const startsFrom: Readonly<Record<string, string>> = { 'saved-chats': 'three-chats' };
