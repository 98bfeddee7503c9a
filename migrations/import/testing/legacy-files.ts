/** Writes files as a legacy app leaves them, without one. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { chance } from '@banyan/operations/testing/random.ts';

export interface LegacyTurn {
  role: string;
  parts: unknown[];
  timestamp: string;
}

export interface LegacyChat {
  id: string;
  title: string;
  created_at: string;
  updated_at: string;
  message_count: number;
  has_pdf: boolean;
  pdf_count: number;
  pdf_list: { name: string; upload_time: string; chunks_added: number; status: 'active' }[];
}

/** The nth second since New Year, as legacy writes times. */
export function second(n: number): string {
  return `${new Date(Date.UTC(2026, 0, 1) + n * 1000).toISOString().slice(0, 19)}.123456Z`;
}

/** Python's `json.dump(…, indent=2, ensure_ascii=False)`, near enough. */
export const asLegacyWrites = (value: unknown): string => JSON.stringify(value, null, 2);

export function aLegacyChat(id: string, n: number, change: Partial<LegacyChat> = {}): LegacyChat {
  const times = { created_at: second(n), updated_at: second(n + 60) };
  return {
    id,
    title: `New Chat ${n + 1}`,
    ...times,
    message_count: 0,
    has_pdf: false,
    pdf_count: 0,
    pdf_list: [],
    ...change,
  };
}

export function aTurn(n: number, text: string | null, change: Partial<LegacyTurn> = {}): LegacyTurn {
  return { role: n % 2 ? 'model' : 'user', parts: [text], timestamp: second(n), ...change };
}

/** A folder of so many chats of so many messages each; the same for the same numbers. */
export async function writeManyChats(folder: string, chats: number, messages: number): Promise<void> {
  const random = chance(7);
  await mkdir(folder, { recursive: true });
  const list: LegacyChat[] = [];
  for (let n = 0; n < chats; n++) {
    const digits = () => random.below(0x10000).toString(16).padStart(4, '0');
    const id = `${digits()}${digits()}-${digits()}-4${digits().slice(1)}-a${digits().slice(1)}-${digits()}${digits()}${digits()}`;
    list.unshift(aLegacyChat(id, n, { message_count: messages }));
    const turns = Array.from({ length: messages }, (_, turn) =>
      aTurn(
        turn,
        turn % 2
          ? 'An answer of some length, as a model gives it. '.repeat(8)
          : `Question ${turn} of chat ${n}?`,
      ),
    );
    await writeFile(join(folder, `memory_${id}.json`), asLegacyWrites(turns));
  }
  await writeFile(join(folder, 'chat_history.json'), asLegacyWrites(list));
}

/** Writes a folder: `list` as legacy would write it, or a text as it is; memories by chat id, likewise. */
export async function writeFolder(
  folder: string,
  list: LegacyChat[] | unknown[] | string,
  memories: Record<string, unknown[] | string> = {},
): Promise<void> {
  const text = (value: unknown) => (typeof value === 'string' ? value : asLegacyWrites(value));
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'chat_history.json'), text(list));
  for (const [id, turns] of Object.entries(memories))
    await writeFile(join(folder, `memory_${id}.json`), text(turns));
}
