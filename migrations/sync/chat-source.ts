/**
 * Reads the legacy app's chats while it runs and writes. Legacy has no locks and no transactions, so a reading is checked: by a second
 * reading of the list, and by waiting until what looks like half a write looks the same again.
 */
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { derivedId } from '../import/derived-id.ts';
import { ImportError } from '../import/import-error.ts';
import { chatListFile, chatsOf, type ListedChat } from '../import/source/chat-list.ts';
import {
  type ChatOptions,
  collectionsByChat,
  type ImportedChat,
  inOrderOfMaking,
  type Keep,
  readChat,
  takeInventory,
} from '../import/source/chats.ts';
import { type LiveChroma, type LiveRecords, liveChroma } from './live-chroma.ts';
import { type Kept, type Patience, readWhole, usualPatience } from './read-whole.ts';

/** A chat that legacy does not have has undefined; one that cannot be read has the reason. */
export type ChatSnapshots = Map<string, ImportedChat | undefined | ImportError>;

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

/** How often a chat is read that changes meanwhile. */
const rounds = 8;
/** Milliseconds between two readings that have to agree: many times what legacy takes between two steps of one write. */
const pause = 150;
/** Seconds that legacy may take between the storing of a document's chunks and its place in the list. */
const settling = 5;
/** Files that are read at once. */
const atOnce = 8;

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
      return new Snapshots({ ...optionsOf(signal), live: chroma, signal, list: () => listOf(signal) }).take(
        ids,
      );
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

type ChatList = ReadonlyMap<string, ListedChat>;

interface SnapshotOptions extends Omit<ChatOptions, 'chroma'> {
  live: LiveChroma;
  list: () => Promise<ChatList>;
  signal: AbortSignal;
}

/** One reading of a chat. */
interface Seen {
  chat: ImportedChat | undefined;
  /** What may be half a write; empty if nothing is. */
  oddities: string;
  /** Seconds until documents that are in no list are no longer presumed to be on their way there. */
  wait: number;
}

/** One call of `snapshots`. */
class Snapshots {
  readonly #options: SnapshotOptions;
  readonly #taken: ChatSnapshots = new Map();

  constructor(options: SnapshotOptions) {
    this.#options = options;
  }

  async take(ids: readonly string[]): Promise<ChatSnapshots> {
    const { list, signal } = this.#options;
    let pending = [...new Set(ids)];
    let last = new Map<string, Seen>();
    for (let round = 0; pending.length > 0; round++) {
      if (round === rounds) return this.#giveUp(pending);
      const longest = Math.max(...pending.map((id) => last.get(id)?.wait ?? 0));
      if (round > 0) await delay(Math.max(pause, longest * 1000), undefined, { signal });
      const before = await list();
      const seen = await this.#readAll(pending, before);
      const after = await list();
      for (const [id, each] of seen)
        if (sameRow(before.get(id), after.get(id)) && isSettled(each, last.get(id)))
          this.#taken.set(id, each.chat);
      pending = pending.filter((id) => !this.#taken.has(id));
      last = seen;
    }
    return this.#taken;
  }

  #giveUp(pending: readonly string[]): ChatSnapshots {
    const advice = 'It stays on legacy, and nothing of it is lost. Sync it again when it is used less.';
    for (const id of pending)
      this.#taken.set(id, new ImportError(`The chat ${id} changes all the time.`, { advice }));
    return this.#taken;
  }

  async #readAll(ids: readonly string[], list: ChatList): Promise<Map<string, Seen>> {
    const { live, note } = this.#options;
    const collections = collectionsByChat(await live.collections(ids.map((id) => `chat_${id}`)), note);
    const seen = new Map<string, Seen>();
    const waiting = [...ids];
    const reader = async () => {
      for (let id = waiting.shift(); id !== undefined; id = waiting.shift()) {
        const found = await this.#read(id, list.get(id), collections.get(id)).catch((error: unknown) => {
          if (!(error instanceof ImportError)) throw error;
          return error;
        });
        if (found instanceof ImportError) this.#taken.set(id, found);
        else seen.set(id, found);
      }
    };
    await Promise.all(Array.from({ length: atOnce }, reader));
    return seen;
  }

  async #read(
    id: string,
    listed: ListedChat | undefined,
    collection: Parameters<typeof readChat>[3],
  ): Promise<Seen> {
    if (!isFileName(id)) return { chat: undefined, oddities: '', wait: 0 };
    const { live, list: _, signal: __, ...options } = this.#options;
    let records: LiveRecords | undefined;
    const read = async ({ name }: { name: string }) => {
      records = await live.read(name);
      return records;
    };
    const chat = await readChat({ ...options, chroma: { read } }, id, listed, collection);
    const isNothing = !chat.listed && chat.messages.length === 0 && chat.documents.length === 0;
    return {
      chat: isNothing ? undefined : chat,
      oddities: odditiesOf(chat),
      wait: waitFor(chat, records),
    };
  }
}

const isSettled = ({ oddities, wait }: Seen, last: Seen | undefined): boolean =>
  wait === 0 && (oddities === '' || oddities === last?.oddities);

/** Legacy can store nothing of another id. */
const isFileName = (id: string) => !/[/\0]/.test(id) && Buffer.byteLength(id) <= 255;

/**
 * Legacy writes a memory before the list, a collection before the list, and deletes in such steps too. What is between two steps
 * looks like what its faults leave for good: the latter is still the same some time later.
 */
function odditiesOf({ listed, messageCount, messages, documents }: ImportedChat): string {
  const odd = documents.filter(
    (document) => !document.listed || document.chunks.length !== document.chunkCount,
  );
  if (listed ? messageCount === messages.length && odd.length === 0 : messages.length + odd.length === 0)
    return '';
  return JSON.stringify([messageCount, messages.length, odd.map(({ id, chunks }) => [id, chunks.length])]);
}

/** A document whose chunks are there and that no list has was deleted, or its upload is about to end. */
function waitFor({ id: chatId, listed, documents }: ImportedChat, records: LiveRecords | undefined): number {
  if (!records || !listed) return 0;
  const unlisted = new Set(documents.filter((document) => !document.listed).map(({ id }) => id));
  const youngest = records.metadatas.reduce<number>((least, metadata, index) => {
    const id = derivedId(chatId, `document ${String(metadata?.doc_id)}`);
    return unlisted.has(id) ? Math.min(least, records.ages[index] ?? 0) : least;
  }, Number.POSITIVE_INFINITY);
  return Math.max(0, settling - youngest);
}

const sameRow = (a: ListedChat | undefined, b: ListedChat | undefined) =>
  JSON.stringify(a) === JSON.stringify(b);
