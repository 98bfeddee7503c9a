/** Without `deleted-pdf-still-retrieved`: a PDF that was removed is not listed by /docs, nor found any more. */

import type { Recording } from '@banyan/gateway/record/read-recording.ts';
import type { Change, Changes, Said } from '@banyan/suite/retired/change.ts';
import { jsonOf, textOf, withElements, withText, withValue } from '@banyan/suite/retired/edit.ts';
import { Replies } from './conversation.ts';
import { Listing, spread } from './listing.ts';
import { asSource, type SeenExchange, type Shown, seen } from './seen.ts';

/** More chunks than a search gives: what comes up behind those that are left is not in legacy's answer. */
export const MOST_FOUND = 15;

export function deletedPdfs({ exchanges }: Recording): Changes {
  const byExchange = new Map<number, Change>();
  const listing = new Listing();
  const replies = new Replies();
  const lives = new Map<string, number>();
  /** Names of PDFs that are deleted and that legacy still lists in /docs, by chat; and of those, the ones that it still retrieves. */
  const lingering = new Map<string, readonly string[]>();
  const retrieved = new Map<string, readonly string[]>();
  for (const exchange of exchanges.map(seen)) {
    const { index, asked, chat } = exchange;
    const gone = lingering.get(chat) ?? [];
    const life = `${chat} ${lives.get(chat) ?? 0}`;
    if (asked === 'GET /api/chats/:chat_id/docs' && gone.length > 0)
      byExchange.set(index, (left) => withoutDocs(left, gone));
    if (asked === 'POST /api/chats/:chat_id/messages')
      byExchange.set(index, replies.message(life, documentsOf(listing, chat, retrieved.get(chat) ?? [])));
    if (asked === 'GET /api/chats/:chat_id') byExchange.set(index, replies.messages(life));
    const isDeletion = isDone(exchange, 'DELETE /api/chats/:chat_id');
    if (isDeletion) lives.set(chat, (lives.get(chat) ?? 0) + 1);
    const removal = listing.see(exchange);
    if (removal) lingering.set(chat, [...gone, ...removal.removed]);
    if (isDeletion || removal?.last) retrieved.delete(chat);
    else if (removal) retrieved.set(chat, [...(retrieved.get(chat) ?? []), ...removal.removed]);
  }
  return { byExchange };
}

const isDone = ({ asked, status }: SeenExchange, what: string) => asked === what && status < 300;

function documentsOf(listing: Listing, chat: string, gone: readonly string[]) {
  const there = new Set(listing.of(chat).map(asSource));
  const sources = new Set(gone.map(asSource));
  const isCut = gone.length > 0 && listing.chunks(chat) > MOST_FOUND;
  return {
    isGone: (source: string) => sources.has(source) && !there.has(source),
    mayFollow: (source: string) => isCut && there.has(source),
  };
}

/** The ones that were there first: one of the same name may have come since. */
function withoutDocs(left: Said, gone: readonly string[]): Said {
  const { pdfs = [] } = (jsonOf(left.answer) as Shown | undefined) ?? {};
  const names = pdfs.map(({ name }) => name);
  const going = spread(gone, names, 'first');
  return going.size === 0 ? left : withoutElements(left, going, new Set());
}

/** An answer of /docs without some of its PDFs and jobs, by their places. */
export function withoutElements(left: Said, pdfs: ReadonlySet<number>, jobs: ReadonlySet<number>): Said {
  const { pdfs: all = [], processing = [] } = (jsonOf(left.answer) as Shown | undefined) ?? {};
  const total = all.length + processing.length - pdfs.size - jobs.size;
  const listed = withElements(textOf(left.answer), ['pdfs'], (_, i) => !pdfs.has(i));
  const worked = withElements(listed, ['processing'], (_, i) => !jobs.has(i));
  return { ...left, answer: withText(left.answer, withValue(worked, ['total_docs'], String(total))) };
}
