/** Puts the legacy app's files together: its chats, each whole. */
import type { WallTime } from '../../../services/db/wall-time.ts';
import type { Message } from '../../../services/messages/store.ts';
import { ChromaError, type ChromaReader, type Collection } from '../chroma/chroma.ts';
import type { Note } from '../report.ts';
import { type ListedChat, noTime, readChatList } from './chat-list.ts';
import { type ImportedDocument, matchDocuments, storedDocuments } from './documents.ts';
import { chatsWithMemory, readMemory } from './memory.ts';

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

export interface SourceOptions {
  folder: string;
  /** Undefined where there is no Chroma folder. */
  chroma: ChromaReader | undefined;
  keep: Keep;
  note(note: Note): void;
}

export interface Source {
  /** The ids of the list, newest first. */
  listed: string[];
  /** How many chats there are, listed or not. */
  total: number;
  /** Those in no list first, then the list from the oldest on: in the order in which they are to be made. */
  chats(): AsyncGenerator<ImportedChat>;
}

const prefix = 'chat_';

export async function openSource(options: SourceOptions): Promise<Source> {
  const { folder, chroma, keep, note } = options;
  const list = await readChatList(folder, note);
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
  const unlisted = [...memories, ...(keep.deletedChats ? deleted : [])];
  const read = (id: string) => readChat(options, id, listed.get(id), collections.get(id));
  return {
    listed: list.map(({ id }) => id),
    total: unlisted.length + list.length,
    async *chats() {
      for (const id of unlisted) yield read(id);
      for (const { id } of list.toReversed()) yield read(id);
    },
  };
}

function collectionsByChat(all: readonly Collection[], note: (note: Note) => void): Map<string, Collection> {
  const found = new Map<string, Collection>();
  for (const collection of all)
    if (!collection.name.startsWith(prefix))
      note({ kind: 'collection_foreign', about: collection.name, detail: `${collection.count} records` });
    else if (collection.count > 0) found.set(collection.name.slice(prefix.length), collection);
  return found;
}

async function readChat(
  options: SourceOptions,
  id: string,
  listed: ListedChat | undefined,
  collection: Collection | undefined,
): Promise<ImportedChat> {
  const { folder, note } = options;
  const messages = await readMemory(folder, id, listed?.updatedAt ?? noTime, note);
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
  { chroma, keep, note }: SourceOptions,
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
