/** Reads chats of a running legacy app, each until it is whole. */
import { setTimeout as delay } from 'node:timers/promises';
import { ImportError } from '../import/import-error.ts';
import type { ListedChat } from '../import/source/chat-list.ts';
import { type ChatOptions, collectionsByChat, type ImportedChat, readChat } from '../import/source/chats.ts';
import { isSettled, odditiesOf, type Seen, waitFor } from './half-written.ts';
import type { LiveChroma, LiveRecords } from './live-chroma.ts';

/** A chat that legacy does not have has undefined; one that cannot be read has the reason. */
export type ChatSnapshots = Map<string, ImportedChat | undefined | ImportError>;

/** How often a chat is read that changes meanwhile. */
const rounds = 8;
/** Milliseconds between two readings that have to agree: many times what legacy takes between two steps of one write. */
const pause = 150;
/** Files that are read at once. */
const atOnce = 8;

export type ChatList = ReadonlyMap<string, ListedChat>;

export interface SnapshotOptions extends Omit<ChatOptions, 'chroma'> {
  live: LiveChroma;
  list: () => Promise<ChatList>;
  signal: AbortSignal;
  /** See `Patience`. */
  settling: number;
}

/** One call of `snapshots`. */
export class Snapshots {
  readonly #options: SnapshotOptions;
  readonly #taken: ChatSnapshots = new Map();

  constructor(options: SnapshotOptions) {
    this.#options = options;
  }

  async take(ids: readonly string[]): Promise<ChatSnapshots> {
    await this.#read(ids);
    // In the order in which they were asked for.
    return new Map(ids.map((id) => [id, this.#taken.get(id)]));
  }

  async #read(ids: readonly string[]): Promise<void> {
    const { list, signal } = this.#options;
    let pending = [...new Set(ids)];
    let last = new Map<string, Seen>();
    for (let round = 0; pending.length > 0; round++) {
      if (round === rounds) return this.#giveUp(pending);
      const longest = Math.max(...pending.map((id) => last.get(id)?.wait ?? 0));
      if (round > 0) await delay(Math.max(pause, longest * 1000), undefined, { signal });
      const before = await list();
      const seen = await this.#readOnce(pending, before);
      const after = await list();
      for (const [id, each] of seen)
        if (sameRow(before.get(id), after.get(id)) && isSettled(each, last.get(id)))
          this.#taken.set(id, each.chat);
      pending = pending.filter((id) => !this.#taken.has(id));
      last = seen;
    }
  }

  #giveUp(pending: readonly string[]): void {
    const advice = 'It stays on legacy, and nothing of it is lost. Sync it again when it is used less.';
    for (const id of pending)
      this.#taken.set(id, new ImportError(`The chat ${id} changes all the time.`, { advice }));
  }

  async #readOnce(ids: readonly string[], list: ChatList): Promise<Map<string, Seen>> {
    const { live, note } = this.#options;
    const collections = collectionsByChat(await live.collections(ids.map((id) => `chat_${id}`)), note);
    const seen = new Map<string, Seen>();
    const waiting = [...ids];
    const reader = async () => {
      for (let id = waiting.shift(); id !== undefined; id = waiting.shift()) {
        const found = await this.#readChat(id, list.get(id), collections.get(id)).catch((error: unknown) => {
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

  async #readChat(
    id: string,
    listed: ListedChat | undefined,
    collection: Parameters<typeof readChat>[3],
  ): Promise<Seen> {
    if (!listed && !isFileName(id)) return { chat: undefined, oddities: '', wait: 0 };
    const { live, settling, ...options } = this.#options;
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
      wait: waitFor(chat, records, settling),
    };
  }
}

/** Legacy can store nothing of another id. */
const isFileName = (id: string) => !/[/\0]/.test(id) && Buffer.byteLength(id) <= 255;

const sameRow = (a: ListedChat | undefined, b: ListedChat | undefined) =>
  JSON.stringify(a) === JSON.stringify(b);
