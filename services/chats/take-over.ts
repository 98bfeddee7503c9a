/** Makes a chat here what the other backend shows of it, which was given a write late and cannot be put into another order. */
import { z } from '@hono/zod-openapi';
import { type Db, inTransaction, type Tx } from '../db/transaction.ts';
import type { WallTime } from '../db/wall-time.ts';
import type { Message } from '../messages/store.ts';
import { lockList } from '../rows/chats.ts';
import { placeByTime, placeFirst } from './place.ts';
import { deleteChat } from './store.ts';
import { putChat, readChat, type WholeChat, type WholeDocument } from './whole.ts';

export interface ShownChat {
  id: string;
  /** What `GET /api/chats` has of it: one chat, or none. */
  rows: unknown;
  /** What `GET /api/chats/:chat_id` answers. */
  messages: unknown;
  /** What the other backend answered to the write that came late. */
  late: unknown;
}

const time = z.string();
const row = z.object({
  title: z.string(),
  created_at: time,
  updated_at: time,
  message_count: z.int(),
  pdf_list: z.array(z.object({ name: z.string(), upload_time: time })),
});
const shownRows = z.array(row).max(1);
const shownMessages = z.array(z.object({ text: z.string().nullable(), sender: z.enum(['user', 'bot']) }));
const made = z.object({ id: z.string(), created_at: time });

/**
 * Nothing that is here is dropped for want of it there, unless the chat itself is gone there.
 * @returns why it cannot be taken over; undefined where it was
 */
export async function takeOverChat(
  db: Db,
  { id, rows, messages, late }: ShownChat,
  { newId, keepDocuments }: { newId: () => string; keepDocuments: boolean },
): Promise<string | undefined> {
  const [listed, said] = [shownRows.safeParse(rows), shownMessages.safeParse(messages)];
  if (!listed.success || !said.success) return `legacy does not show the chat ${id} as it should`;
  return inTransaction(db, async (tx) => {
    await lockList(tx);
    const here = await readChat(tx, id);
    const [chat] = listed.data;
    if (!chat && said.data.length === 0) {
      await deleteChat(tx, { id, keepDocuments });
      return undefined;
    }
    const documents = inOrder(here?.documents ?? [], chat?.pdf_list ?? []);
    if (!documents) return `the two backends have different documents in the chat ${id}`;
    const turns = turnsOf(said.data, here?.messages ?? [], {
      newId,
      at: chat?.updated_at ?? here?.updatedAt,
    });
    if (!turns) return `the new backend has messages in the chat ${id} that legacy does not show`;
    await putChat(tx, wholeOf(id, chat, here, { messages: turns, documents }));
    await placeAsMade(tx, id, late);
    return undefined;
  });
}

function wholeOf(
  id: string,
  chat: z.infer<typeof row> | undefined,
  here: WholeChat | undefined,
  { messages, documents }: Pick<WholeChat, 'messages' | 'documents'>,
): WholeChat {
  return {
    id,
    listed: chat !== undefined,
    title: chat?.title ?? '',
    createdAt: chat?.created_at ?? here?.createdAt ?? '',
    updatedAt: chat?.updated_at ?? here?.updatedAt ?? '',
    messageCount: chat?.message_count ?? messages.length,
    messages,
    documents,
  };
}

/**
 * The listed documents in the order of the other backend's list, with its times; the others stay where they are.
 * @returns undefined where the two do not have the same ones
 */
function inOrder(
  documents: readonly WholeDocument[],
  shown: readonly { name: string; upload_time: WallTime }[],
): WholeDocument[] | undefined {
  const waiting = documents.filter(({ listed }) => listed);
  if (waiting.length !== shown.length) return undefined;
  const ordered: WholeDocument[] = [];
  for (const { name, upload_time: uploadedAt } of shown) {
    const at = waiting.findIndex((document) => document.name === name);
    const [document] = at < 0 ? [] : waiting.splice(at, 1);
    if (!document) return undefined;
    ordered.push({ ...document, uploadedAt });
  }
  return documents.map((document) => (document.listed ? (ordered.shift() ?? document) : document));
}

/** @returns the turns as they are shown, with the ids and times that they have here; undefined where some here are not shown */
function turnsOf(
  shown: z.infer<typeof shownMessages>,
  here: readonly Message[],
  { newId, at }: { newId: () => string; at: WallTime | undefined },
): Message[] | undefined {
  const waiting = [...here];
  const turns = shown.map(({ text, sender }): Message => {
    const role = sender === 'user' ? 'user' : 'model';
    const known = waiting.findIndex((message) => message.role === role && message.text === text);
    const [message] = known < 0 ? [] : waiting.splice(known, 1);
    return message ?? { id: newId(), role, text, createdAt: at ?? '' };
  });
  return waiting.length > 0 ? undefined : turns;
}

/** A chat that the other backend made only now stands there after those that it had made before. */
async function placeAsMade(tx: Tx, id: string, late: unknown): Promise<void> {
  const answer = made.safeParse(late);
  if (!answer.success || answer.data.id !== id) return;
  await placeFirst(tx, id);
  await placeByTime(tx, { id, madeAt: answer.data.created_at });
}
