/** What legacy has too much, once it took uploads that a backend without `limits-count-finished-only` refuses: left out of its answers. */
import type { Change, Said } from '@banyan/suite/retired/change.ts';
import { jsonOf, textOf, withElements, withText, withValue } from '@banyan/suite/retired/edit.ts';
import type { Replies } from './conversation.ts';
import { failure } from './deleted-chats.ts';
import { MOST_FOUND, withoutElements } from './deleted-pdfs.ts';
import { type Listing, spread } from './listing.ts';
import { asSource, type SeenExchange, type Shown, type ShownChat } from './seen.ts';

/** What legacy has of a chat and the other has not. */
export interface Surplus {
  /** Names in its list. */
  listed: readonly string[];
  /** Names in its /docs: also those that were removed from the list since. */
  inDocs: readonly string[];
}

export const none: Surplus = { listed: [], inDocs: [] };

/** What only the answers say, in legacy's ids. */
export interface Live {
  /** Jobs that the other does not have. */
  refused: Set<string>;
  /** Chats by the id that legacy has for them, to the recording's. */
  chats: Map<string, string>;
}

export interface Known {
  surplus: ReadonlyMap<string, Surplus>;
  listing: Listing;
  replies: Replies;
  live: Live;
}

export const answered = (said: Said, answer: Said['answer']): Said => ({ ...said, answer });

/** What an exchange that is no upload has to show instead; undefined where it shows nothing of uploads. */
export function readOf({ asked, chat, status }: SeenExchange, known: Known): Change | undefined {
  const { surplus, listing, replies, live } = known;
  const own = surplus.get(chat);
  if (status !== 200) return undefined;
  if (asked === 'GET /api/upload-status/:job_id') return (left) => withoutJob(left, live);
  if (asked === 'GET /api/chats') return (left) => withoutInChats(left, known);
  if (asked === 'GET /api/pdfs') return (left) => withoutInAll(left, known);
  if (asked === 'GET /api/chats/:chat_id') return replies.messages(chat);
  if (!own) return undefined;
  if (asked === 'GET /api/chats/:chat_id/docs') return (left) => withoutDocs(left, own, live);
  if (asked === 'GET /api/chats/:chat_id/pdfs') return (left) => withoutListed(left, own);
  if (asked !== 'POST /api/chats/:chat_id/messages') return undefined;
  const there = new Set(listing.of(chat).map(asSource));
  const isCut = listing.chunks(chat) > MOST_FOUND;
  return replies.message(chat, {
    isGone: () => false,
    mayFollow: (source) => isCut && there.has(source),
  });
}

function withoutJob(left: Said, { refused }: Live): Said {
  const { job_id = '' } = (jsonOf(left.answer) as Shown | undefined) ?? {};
  return refused.has(job_id) ? answered(left, failure(left.answer, 404, 'NOT FOUND', 'Job not found')) : left;
}

function withoutDocs(left: Said, { inDocs }: Surplus, { refused }: Live): Said {
  const { pdfs = [], processing = [] } = (jsonOf(left.answer) as Shown | undefined) ?? {};
  const going = surplusIn(pdfs, inDocs);
  const jobs = new Set([...processing.keys()].filter((i) => refused.has(processing[i]?.job_id ?? '')));
  return going.size + jobs.size === 0 ? left : withoutElements(left, going, jobs);
}

function withoutListed(left: Said, { listed }: Surplus): Said {
  const { pdfs = [] } = (jsonOf(left.answer) as Shown | undefined) ?? {};
  return withoutPdfs(left, surplusIn(pdfs, listed), pdfs.length);
}

function withoutInAll(left: Said, { surplus, live }: Known): Said {
  const { pdfs = [] } = (jsonOf(left.answer) as Shown | undefined) ?? {};
  const places = [...live.chats].flatMap(([id, chat]) => {
    const own = [...pdfs.keys()].filter((i) => pdfs[i]?.chat_id === id);
    const names = own.map((i) => ({ name: pdfs[i]?.name ?? '' }));
    return [...surplusIn(names, surplus.get(chat)?.listed ?? [])].map((i) => own[i] ?? -1);
  });
  return withoutPdfs(left, new Set(places), pdfs.length);
}

function withoutPdfs(left: Said, going: ReadonlySet<number>, count: number): Said {
  if (going.size === 0) return left;
  const text = withElements(textOf(left.answer), ['pdfs'], (_, i) => !going.has(i));
  return answered(left, withText(left.answer, withValue(text, ['total_pdfs'], String(count - going.size))));
}

function withoutInChats(left: Said, { surplus, live }: Known): Said {
  const chats = jsonOf(left.answer) as ShownChat[];
  if (!Array.isArray(chats)) return left;
  let text = textOf(left.answer);
  for (const [nth, { id, pdf_list }] of chats.entries()) {
    const going = surplusIn(pdf_list, surplus.get(live.chats.get(id) ?? '')?.listed ?? []);
    if (going.size === 0) continue;
    text = withElements(text, [nth, 'pdf_list'], (_, i) => !going.has(i));
    text = withValue(text, [nth, 'pdf_count'], String(pdf_list.length - going.size));
  }
  return text === textOf(left.answer) ? left : answered(left, withText(left.answer, text));
}

/** The places of PDFs that came later than one of the same name, as far as they have come yet. */
function surplusIn(pdfs: readonly { name: string }[], surplus: readonly string[]): ReadonlySet<number> {
  const names = pdfs.map(({ name }) => name);
  const going = spread(surplus, names, 'last');
  // One of each name was taken: it may be the only one that is there yet.
  const first = new Set(names.map((name) => names.indexOf(name)));
  const isOnlyOne = (i: number) => first.has(i) && surplus.includes(names[i] ?? '');
  return new Set([...going].filter((i) => !isOnlyOne(i)));
}
