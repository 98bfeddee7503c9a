/**
 * Reads the legacy app's chats while it runs and writes. Legacy has no locks and no transactions, so a reading is checked: by a second
 * reading of the list, and by waiting until what looks like half a write looks the same again.
 */
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { ImportError } from '../import/import-error.ts';
import { chatListFile, chatsOf } from '../import/source/chat-list.ts';
import { inOrderOfMaking, type Keep, takeInventory } from '../import/source/chats.ts';
import { liveChroma } from './live-chroma.ts';
import { type Kept, type Patience, readWhole, usualPatience } from './read-whole.ts';
import { type ChatList, type ChatSnapshots, Snapshots } from './snapshots.ts';

export interface ChatSource {
  /** The ids of all chats, conversations in no list, and what is left of deleted chats, in the order in which they are to be made. */
  ids(signal: AbortSignal): Promise<string[]>;
  /** What legacy has of these chats now. @throws ImportError if it cannot tell of any */
  snapshots(ids: readonly string[], signal: AbortSignal): Promise<ChatSnapshots>;
  close(): Promise<void>;
}

export interface ChatSourceOptions {
  /** The legacy app's working directory. */
  folder: string;
  /** Interpreter of the legacy app's environment; asked for where there is a Chroma folder. */
  python: () => Promise<string>;
  keep: Keep;
  patience?: Patience;
}

const ignore = () => {};

export function openChatSource({
  folder,
  python,
  keep,
  patience = usualPatience,
}: ChatSourceOptions): ChatSource {
  const chroma = liveChroma(join(folder, 'chroma_db'), python);
  const optionsOf = (signal: AbortSignal) => ({
    folder,
    keep,
    note: ignore,
    readList: async (path: string) => (await readWhole(path, patience, signal))?.list,
  });
  const listOf = keptList(folder, patience);
  return {
    async ids(signal) {
      await checkFolder(folder);
      const collections = await chroma.collections();
      const read = () => Promise.reject(new Error('An inventory reads no collection'));
      return inOrderOfMaking(await takeInventory({ ...optionsOf(signal), chroma: { collections, read } }));
    },
    async snapshots(ids, signal) {
      await checkFolder(folder);
      const { settling } = patience;
      const list = () => listOf(signal);
      return new Snapshots({ ...optionsOf(signal), live: chroma, list, signal, settling }).take(ids);
    },
    close: chroma.close,
  };
}

/** The list by id. Most readings find the same file as the one before, which takes a tenth of the time then. */
function keptList(folder: string, patience: Patience) {
  let kept: Kept | undefined;
  let chats: ChatList = new Map();
  return async (signal: AbortSignal): Promise<ChatList> => {
    const found = await readWhole(chatListFile(folder), patience, signal, kept);
    if (!found || found !== kept)
      chats = new Map(chatsOf(found?.list, ignore).map((chat) => [chat.id, chat]));
    kept = found;
    return chats;
  };
}

/** Without its folder, legacy would seem to have nothing. */
async function checkFolder(folder: string): Promise<void> {
  const found = await stat(folder).catch(() => undefined);
  if (found?.isDirectory()) return;
  throw new ImportError(`There is no folder ${folder}.`, {
    advice:
      'LEGACY_DATA names the working directory of the legacy app, with chat_history.json and chroma_db.',
  });
}
