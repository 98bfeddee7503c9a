/** Makes a chat of the new backend what a snapshot of legacy's has. */
import { deleteChat } from '../../services/chats/store.ts';
import { putChat, readChat, type WholeChat } from '../../services/chats/whole.ts';
import type { Tx } from '../../services/db/transaction.ts';
import { lockList } from '../../services/rows/chats.ts';
import type { ImportedChat, Keep } from '../import/source/chats.ts';
import { remember, writeChats } from '../import/write/chats.ts';
import { digestOf } from '../import/write/digest.ts';
import { lingers, resolveDocuments } from './documents.ts';

export interface PublicTimes {
  /** The time that clients have seen in place of legacy's; undefined if they have seen legacy's. */
  publicTime(field: string, legacyValue: string): string | undefined;
}

export interface InstallOptions {
  names: PublicTimes;
  keep: Keep;
}

/** A process that answers requests from PGlite does nothing else during a statement. */
const rowsAtOnce = 100;

/**
 * Replaces the chat, or deletes it if legacy does not have it. Jobs, and uploads that are being taken in, stay.
 * @returns whether it was here in another state
 */
export async function installChat(
  tx: Tx,
  publicId: string,
  snapshot: ImportedChat | undefined,
  options: InstallOptions,
): Promise<boolean> {
  await lockList(tx);
  const here = await readChat(tx, publicId);
  if (!snapshot) return here !== undefined && (await remove(tx, here, options.keep));
  const chat = inPublicNames(snapshot, publicId, options.names);
  if (!here) await writeChats(tx, [chat], rowsAtOnce);
  else if (!(await replace(tx, here, chat, options.keep))) return false;
  // An import knows chats by legacy's ids.
  if (publicId === snapshot.id) await remember(tx, [{ chat, digest: digestOf(snapshot) }]);
  return here !== undefined;
}

async function remove(tx: Tx, here: WholeChat, keep: Keep): Promise<boolean> {
  const isGone = !here.listed && here.messages.length === 0 && here.documents.every(lingers);
  if (isGone && keep.deletedChats) return false;
  await deleteChat(tx, { id: here.id, keepDocuments: keep.deletedChats });
  return true;
}

/** @returns false if nothing had to be changed */
async function replace(tx: Tx, here: WholeChat, chat: ImportedChat, keep: Keep): Promise<boolean> {
  const { documents, replaced } = resolveDocuments(here.documents, chat.documents, keep);
  const wanted: WholeChat = { ...chat, messages: withKnownTurns(here, chat), documents };
  if (replaced.length === 0 && stateOf(here) === stateOf(wanted)) return false;
  if (replaced.length > 0) await tx.deleteFrom('documents').where('id', 'in', replaced).execute();
  await putChat(tx, wanted);
  return true;
}

/** Turns that are here already keep their ids and times: legacy shows neither. */
const withKnownTurns = (here: WholeChat, { messages }: ImportedChat) =>
  messages.map((message, turn) => {
    const known = here.messages[turn];
    return known?.role === message.role && known.text === message.text ? known : message;
  });

/** All of a chat but for the content of its chunks. */
const stateOf = ({ listed, title, createdAt, updatedAt, messageCount, messages, documents }: WholeChat) =>
  JSON.stringify([
    ...[listed, title, createdAt, updatedAt, messageCount],
    messages.map(({ id, role, text }) => [id, role, text]),
    documents.map(({ id, name, listed, uploadedAt, sha256, chunkCount, chunks }) => [
      ...[id, name, listed, uploadedAt, sha256, chunkCount, chunks.length],
    ]),
  ]);

function inPublicNames(chat: ImportedChat, id: string, names: PublicTimes): ImportedChat {
  const time = (field: string, value: string) => names.publicTime(field, value) ?? value;
  return {
    ...chat,
    id,
    createdAt: time('created_at', chat.createdAt),
    updatedAt: time('updated_at', chat.updatedAt),
    documents: chat.documents.map((document) => ({
      ...document,
      uploadedAt: time('upload_time', document.uploadedAt),
    })),
  };
}
