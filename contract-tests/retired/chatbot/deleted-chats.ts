/** Without `deleted-chat-lingers`: nothing is left of a deleted chat, and a message to it, or to one that never was, is a 404. */
import type { Answer } from '@banyan/compare/answer.ts';
import type { Recording } from '@banyan/gateway/record/read-recording.ts';
import type { Change, Changes, Said } from '@banyan/suite/retired/change.ts';
import { asciiLexeme, jsonOf, textOf, withText } from '@banyan/suite/retired/edit.ts';
import { withoutElements } from './deleted-pdfs.ts';
import { type SeenExchange, type Shown, seen } from './seen.ts';

export function deletedChats({ exchanges, state }: Recording): Changes {
  const byExchange = new Map<number, Change>();
  const there = new Set<string>();
  const deleted = new Set<string>();
  const jobs = new Map<string, string>();
  // What a saved state has in it is not known before it is listed.
  const isGone = (chat: string) => deleted.has(chat) || (state === undefined && !there.has(chat));
  for (const exchange of exchanges.map(seen)) {
    const { index, asked, chat, status, shown, chats } = exchange;
    for (const { id } of chats) if (!deleted.has(id)) there.add(id);
    const of = asked === 'GET /api/upload-status/:job_id' ? jobs.get(shown.job_id ?? '') : chat;
    const change = status === 200 && of !== undefined && isGone(of) ? changes[asked] : undefined;
    if (change) byExchange.set(index, change);
    if (status < 300) follow(exchange, { there, deleted, jobs });
  }
  return { byExchange };
}

interface Known {
  there: Set<string>;
  deleted: Set<string>;
  /** The chat of each job. */
  jobs: Map<string, string>;
}

function follow({ asked, chat, shown }: SeenExchange, { there, deleted, jobs }: Known): void {
  if (asked === 'POST /api/chats' && shown.id) there.add(shown.id);
  if (asked === 'POST /api/chats/:chat_id/upload-pdf' && shown.job_id) jobs.set(shown.job_id, chat);
  if (asked !== 'DELETE /api/chats/:chat_id') return;
  there.delete(chat);
  deleted.add(chat);
}

const changes: Readonly<Record<string, Change>> = {
  'POST /api/chats/:chat_id/messages': (left) => ({
    ...left,
    calls: left.calls && [],
    answer: failure(left.answer, 404, 'NOT FOUND', 'Chat not found'),
  }),
  'GET /api/chats/:chat_id': (left) => {
    const isEmpty = textOf(left.answer).trim() === '[]';
    return isEmpty ? left : { ...left, answer: withText(left.answer, '[]\n') };
  },
  'GET /api/chats/:chat_id/docs': withoutAny,
  'GET /api/upload-status/:job_id': (left) => ({
    ...left,
    answer: failure(left.answer, 404, 'NOT FOUND', 'Job not found'),
  }),
};

function withoutAny(left: Said): Said {
  const { pdfs = [], processing = [] } = (jsonOf(left.answer) as Shown | undefined) ?? {};
  if (pdfs.length + processing.length === 0) return left;
  return withoutElements(left, new Set(pdfs.keys()), new Set(processing.keys()));
}

/** An error as legacy writes it, in the layout of the answer that it takes the place of. */
export function failure(answer: Answer, status: number, reason: string, error: string): Answer {
  const text = asciiLexeme(error);
  const isIndented = textOf(answer).startsWith('{\n');
  const body = isIndented ? `{\n  "error": ${text}\n}\n` : `{"error":${text}}\n`;
  return { ...withText(answer, body), status, reason };
}
