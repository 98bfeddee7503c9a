/** The scripted recordings, by name. */
import { concurrentUse } from './concurrent-use.ts';
import { deletedChats } from './deleted-chats.ts';
import { failedUploads } from './failed-uploads.ts';
import { jsonBodies } from './json-bodies.ts';
import { longPages } from './long-pages.ts';
import { paths } from './paths.ts';
import { polling } from './polling.ts';
import { preflights } from './preflights.ts';
import { savedChats } from './saved-chats.ts';
import { scriptedUse } from './scripted-use.ts';
import { severalPdfs } from './several-pdfs.ts';
import { unicode } from './unicode.ts';

export const uses: Readonly<Record<string, (origin: string) => Promise<void>>> = {
  'scripted-use': scriptedUse,
  'several-pdfs': severalPdfs,
  'long-pages': longPages,
  unicode,
  'json-bodies': jsonBodies,
  'deleted-chats': deletedChats,
  'failed-uploads': failedUploads,
  'concurrent-use': concurrentUse,
  preflights,
  paths,
  polling,
  'saved-chats': savedChats,
};

/** Recordings that do not start with nothing: the folder in `recordings/states`. */
export const startsFrom: Readonly<Record<string, string>> = { 'saved-chats': 'three-chats' };
