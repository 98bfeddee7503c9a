/** `memory_<id>.json`: the turns of a chat. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { WallTime } from '../../../services/db/wall-time.ts';
import type { Message } from '../../../services/messages/store.ts';
import { derivedId } from '../derived-id.ts';
import type { Note } from '../report.ts';
import { isFields, shown, wallTime } from './fields.ts';
import type { ReadList } from './read-list.ts';

const memoryFile = (chatId: string): string => `memory_${chatId}.json`;

/** The ids of the chats that have a memory file, sorted. */
export async function chatsWithMemory(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  return entries
    .flatMap((entry) => (entry.isFile() ? (/^memory_(.+)\.json$/su.exec(entry.name)?.[1] ?? []) : []))
    .sort();
}

/**
 * The turns of a chat; none where it has no memory file, as legacy has it.
 * @param otherwise the time of turns that have none
 */
export async function readMemory(
  { folder, readList }: { folder: string; readList: ReadList },
  chatId: string,
  otherwise: WallTime,
  note: (note: Note) => void,
): Promise<Message[]> {
  const list = await readList(join(folder, memoryFile(chatId)));
  if (!list) return [];
  const remark = (kind: Note['kind'], detail: string) => note({ kind, about: chatId, detail });
  if (list.unusable) remark('memory_unusable', list.unusable);
  if (list.replaced) remark('bytes_replaced', memoryFile(chatId));
  if (list.cut !== undefined) remark('memory_cut', `after ${list.items.length} turns`);
  const messages: Message[] = [];
  for (const [index, item] of list.items.entries()) {
    const turn = turnOf(item);
    const number = `turn ${index + 1}`;
    if (!turn) {
      remark('turn_unusable', `${number}: ${shown(item)}`);
      continue;
    }
    if (turn.role !== 'user' && turn.role !== 'model')
      remark('unknown_role', `${number}: ${shown(turn.role)}`);
    if (turn.parts > 1) remark('more_parts', `${number}: ${turn.parts} parts`);
    const createdAt = wallTime(turn.timestamp);
    if (!createdAt) remark('time_unusable', `${number}: ${shown(turn.timestamp)}`);
    messages.push({
      id: derivedId(chatId, `turn ${messages.length}`),
      role: turn.role === 'user' ? 'user' : 'model',
      text: turn.text,
      createdAt: createdAt ?? messages.at(-1)?.createdAt ?? otherwise,
    });
  }
  return messages;
}

/** Null is a text: the model's reply may be it. */
function turnOf(
  value: unknown,
): { role: unknown; text: string | null; parts: number; timestamp: unknown } | undefined {
  if (!isFields(value) || !Array.isArray(value.parts)) return undefined;
  const [text] = value.parts as unknown[];
  if (typeof text !== 'string' && text !== null) return undefined;
  return { role: value.role, text, parts: value.parts.length, timestamp: value.timestamp };
}
