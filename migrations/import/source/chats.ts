/** Puts the legacy app's files together: its chats, each whole. */
import type { WallTime } from '../../../services/db/wall-time.ts';
import type { Message } from '../../../services/messages/store.ts';
import type { ChromaReader, Collection } from '../chroma/chroma.ts';
import { ChromaError } from '../chroma/process.ts';
import type { Note } from '../report.ts';
import { type ListedChat, noTime, readChatList } from './chat-list.ts';
import { type ImportedDocument, matchDocuments, storedDocuments } from './documents.ts';
import { chatsWithMemory, readMemory } from './memory.ts';
import type { ReadList } from './read-list.ts';

export interface ImportedChat {
  id: string;
  /** False: a conversation in no list, or what is left of a deleted chat. */
  listed: boolean;
  title: string;
  createdAt: WallTime;
  updatedAt: WallTime;
  /** As the list shows it. */
  messageCount: number;
  messages: Message[];
  documents: ImportedDocument[];
  /** The collection that the documents come from. */
  collection?: Collection;
}

/** Deleted things that legacy still answers from; false once the quirk is retired. */
export interface Keep {
  deletedPdfs: boolean;
  deletedChats: boolean;
}

/** What it takes to read one chat. */
export interface ChatOptions {
  folder: string;
  /** Reads a list that legacy may be writing. */
  readList: ReadList;
  /** Undefined where there is no Chroma folder. */
  chroma: Pick<ChromaReader, 'read'> | undefined;
  keep: Keep;
  note(note: Note): void;
}

export interface SourceOptions extends ChatOptions {
  chroma: Pick<ChromaReader, 'collections' | 'read'> | undefined;
}

export interface Source {
  /** The ids of the list, newest first. */
  listed: string[];
  /** How many chats there are, listed or not. */
  total: number;
  /** In the order in which they are to be made. */
  chats(): AsyncGenerator<ImportedChat>;
}

const prefix = 'chat_';

/** What a reading of all chats begins with: which chats there are. */
export interface Inventory {
  /** Newest first. */
  listed: ReadonlyMap<string, ListedChat>;
  /** Conversations in no list, and what is left of deleted chats. */
  unlisted: readonly string[];
  collections: ReadonlyMap<string, Collection>;
}

/** The chats that legacy has, listed or not. */
export async function takeInventory(options: SourceOptions): Promise<Inventory> {
  const { folder, readList, chroma, keep, note } = options;
  const list = await readChatList(folder, readList, note);
  const listed = new Map(list.map((chat) => [chat.id, chat]));
  const memories = (await chatsWithMemory(folder)).filter((id) => !listed.has(id));
  for (const id of memories) note({ kind: 'memory_without_chat', about: id, detail: '' });
  const collections = collectionsByChat(chroma?.collections ?? [], note);
  const deleted = [...collections.keys()].filter((id) => !listed.has(id) && !memories.includes(id));
  for (const id of [...collections.keys()].filter((each) => !listed.has(each)))
    note({
      kind: keep.deletedChats ? 'collection_without_chat' : 'deleted_chat',
      about: id,
      detail: `${collections.get(id)?.count} chunks`,
    });
  return { listed, unlisted: [...memories, ...(keep.deletedChats ? deleted : [])], collections };
}

/** In the order in which they are to be made: those in no list first, then the list from the oldest on. */
export const inOrderOfMaking = ({ listed, unlisted }: Inventory): string[] => [
  ...unlisted,
  ...[...listed.keys()].reverse(),
];

export async function openSource(options: SourceOptions): Promise<Source> {
  const inventory = await takeInventory(options);
  const { listed, collections } = inventory;
  const ids = inOrderOfMaking(inventory);
  return {
    listed: [...listed.keys()],
    total: ids.length,
    async *chats() {
      for (const id of ids) yield readChat(options, id, listed.get(id), collections.get(id));
    },
  };
}

/** Those of chats, by the chat's id; empty ones are left out. */
export function collectionsByChat(
  all: readonly Collection[],
  note: (note: Note) => void,
): Map<string, Collection> {
  const found = new Map<string, Collection>();
  for (const collection of all)
    if (!collection.name.startsWith(prefix))
      note({ kind: 'collection_foreign', about: collection.name, detail: `${collection.count} records` });
    else if (collection.count > 0) found.set(collection.name.slice(prefix.length), collection);
  return found;
}

/**
 * One chat, whole.
 * @param listed what the list has of it
 * @param collection its chunks, if it has any
 */
export async function readChat(
  options: ChatOptions,
  id: string,
  listed: ListedChat | undefined,
  collection: Collection | undefined,
): Promise<ImportedChat> {
  const { note } = options;
  const messages = await readMemory(options, id, listed?.updatedAt ?? noTime, note);
  if (listed && listed.messageCount !== messages.length)
    note({
      kind: 'count_differs',
      about: id,
      detail: `${listed.messageCount} shown, ${messages.length} turns`,
    });
  const chat = listed ?? unlistedChat(id, messages);
  const kept = listed !== undefined || options.keep.deletedChats ? collection : undefined;
  const documents = await readDocuments(options, chat, listed !== undefined, kept);
  const { title, createdAt, updatedAt, messageCount } = chat;
  return {
    id,
    listed: listed !== undefined,
    title,
    createdAt,
    updatedAt,
    messageCount,
    messages,
    documents,
    ...(kept && { collection: kept }),
  };
}

function unlistedChat(id: string, messages: readonly Message[]): ListedChat {
  return {
    id,
    title: '',
    messageCount: messages.length,
    pdfs: [],
    createdAt: messages[0]?.createdAt ?? noTime,
    updatedAt: messages.at(-1)?.createdAt ?? noTime,
  };
}

async function readDocuments(
  { chroma, keep, note }: ChatOptions,
  chat: ListedChat,
  isListed: boolean,
  collection: Collection | undefined,
): Promise<ImportedDocument[]> {
  const remark = (kind: Note['kind'], detail: string) => note({ kind, about: chat.id, detail });
  const records =
    collection &&
    (await chroma?.read(collection).catch((error: unknown) => {
      if (!(error instanceof ChromaError)) throw error;
      remark('collection_unreadable', error.message);
    }));
  const stored = records ? storedDocuments(records, remark) : [];
  const documents = matchDocuments(chat.id, chat.pdfs, stored, chat.updatedAt, remark);
  const isDeleted = ({ listed }: ImportedDocument) => isListed && !listed;
  for (const { name, chunkCount } of documents.filter(isDeleted))
    remark(keep.deletedPdfs ? 'deleted_pdf' : 'deleted_pdf_left_out', `${name}: ${chunkCount} chunks`);
  return keep.deletedPdfs ? documents : documents.filter((document) => !isDeleted(document));
}
