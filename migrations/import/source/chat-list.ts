/** `chat_history.json`: the list of chats, newest first. */
import { join } from 'node:path';
import type { WallTime } from '../../../services/db/wall-time.ts';
import type { Note } from '../report.ts';
import { type Fields, isFields, shown, wallTime } from './fields.ts';
import type { ListFile, ReadList } from './read-list.ts';

export interface ListedChat {
  id: string;
  title: string;
  createdAt: WallTime;
  updatedAt: WallTime;
  messageCount: number;
  pdfs: ListedPdf[];
}

export interface ListedPdf {
  name: string;
  uploadedAt: WallTime;
  chunks: number;
}

/** Where no time is known. Nobody is shown it unless the file has a fault. */
export const noTime: WallTime = '1970-01-01T00:00:00.000000Z';

const file = 'chat_history.json';
export const chatListFile = (folder: string): string => join(folder, file);

/** The chats of the list in its order, each id once. No file: none, as legacy has it. */
export async function readChatList(
  folder: string,
  readList: ReadList,
  note: (note: Note) => void,
): Promise<ListedChat[]> {
  return chatsOf(await readList(chatListFile(folder)), note);
}

/** The chats of the list, each id once. @param list undefined where there is no file */
export function chatsOf(list: ListFile | undefined, note: (note: Note) => void): ListedChat[] {
  if (!list) return [];
  if (list.unusable) note({ kind: 'list_unusable', about: file, detail: list.unusable });
  if (list.replaced) note({ kind: 'bytes_replaced', about: file, detail: '' });
  if (list.cut !== undefined)
    note({ kind: 'list_cut', about: file, detail: cutIn(list.cut, list.items.length) });
  const chats = new Map<string, ListedChat>();
  for (const [index, item] of list.items.entries()) {
    const chat = isFields(item) ? chatOf(item, note) : undefined;
    if (!chat) note({ kind: 'chat_unusable', about: file, detail: `number ${index + 1}: ${shown(item)}` });
    else if (chats.has(chat.id)) note({ kind: 'duplicate_id', about: chat.id, detail: shown(chat.title) });
    else chats.set(chat.id, chat);
  }
  return [...chats.values()];
}

function cutIn(rest: string, complete: number): string {
  const id = /"id": *"([^"\\]*)"/.exec(rest)?.[1];
  return `after ${complete} chats${id === undefined ? '' : `, in the chat ${id}`}`;
}

function chatOf(fields: Fields, note: (note: Note) => void): ListedChat | undefined {
  const { id } = fields;
  if (typeof id !== 'string' || id === '') return undefined;
  const { title, created_at, updated_at, message_count, pdf_list } = fields;
  const wrong = (name: string, value: unknown) =>
    note({ kind: 'field_unusable', about: id, detail: `${name}: ${shown(value)}` });
  for (const [name, value] of Object.entries({ created_at, updated_at }))
    if (!wallTime(value)) note({ kind: 'time_unusable', about: id, detail: `${name}: ${shown(value)}` });
  if (typeof title !== 'string') wrong('title', title);
  if (!isCount(message_count)) wrong('message_count', message_count);
  if (!Array.isArray(pdf_list)) wrong('pdf_list', pdf_list);
  const updatedAt = wallTime(updated_at) ?? wallTime(created_at) ?? noTime;
  return {
    id,
    title: typeof title === 'string' ? title : '',
    createdAt: wallTime(created_at) ?? updatedAt,
    updatedAt,
    messageCount: isCount(message_count) ? message_count : 0,
    pdfs: Array.isArray(pdf_list) ? pdf_list.flatMap((pdf) => pdfOf(id, pdf, updatedAt, note)) : [],
  };
}

function pdfOf(chat: string, value: unknown, otherwise: WallTime, note: (note: Note) => void): ListedPdf[] {
  if (
    !isFields(value) ||
    typeof value.name !== 'string' ||
    !isCount(value.chunks_added) ||
    value.chunks_added === 0
  ) {
    note({ kind: 'pdf_unusable', about: chat, detail: shown(value) });
    return [];
  }
  const { name, chunks_added: chunks, upload_time } = value;
  const uploadedAt = wallTime(upload_time);
  if (!uploadedAt)
    note({ kind: 'time_unusable', about: chat, detail: `upload_time of ${name}: ${shown(upload_time)}` });
  return [{ name, chunks, uploadedAt: uploadedAt ?? otherwise }];
}

/** What the column takes. */
const isCount = (value: unknown): value is number =>
  Number.isInteger(value) && (value as number) >= 0 && (value as number) < 2 ** 31;
