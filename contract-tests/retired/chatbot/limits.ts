/**
 * Without `limits-count-finished-only`: an upload counts from its start, so of several at once some are refused that legacy
 * takes. What legacy has too much from then on is left out of its answers.
 */
import type { Recording } from '../../har.ts';
import type { Change, Changes, Said } from '../change.ts';
import { jsonOf, textOf, withElements, withText, withValue } from '../edit.ts';
import { Replies } from './conversation.ts';
import { failure } from './deleted-chats.ts';
import { MOST_FOUND, withoutElements } from './deleted-pdfs.ts';
import { Listing, spread } from './listing.ts';
import { asSource, chatIn, type SeenExchange, type Shown, type ShownChat, seen } from './seen.ts';
import { AtOnce, groupsOf, isUpload, nameIn, refusal } from './uploads.ts';

/** What legacy has of a chat and the other has not. */
interface Surplus {
  /** Names in its list. */
  listed: readonly string[];
  /** Names in what it searches: also those that were removed from the list since. */
  searched: readonly string[];
}

const none: Surplus = { listed: [], searched: [] };

export function limits(recording: Recording): Changes {
  const exchanges = recording.exchanges.map(seen);
  const byExchange = new Map<number, Change>();
  const notAsked = new Set<number>();
  const groups = groupsOf(exchanges);
  const listing = new Listing();
  const replies = new Replies();
  const taken = new Map<string, readonly string[]>();
  const surplus = new Map<string, Surplus>();
  const live: Live = { refused: new Set(), chats: new Map() };
  const begun = new Map<readonly SeenExchange[], AtOnce>();

  const takenAtOnce = (exchange: SeenExchange, group: readonly SeenExchange[]) => {
    const { index, chat, body } = exchange;
    const before = taken.get(chat) ?? [];
    const atOnce =
      begun.get(group) ??
      new AtOnce(
        before,
        group.map((each) => nameIn(each.body)),
      );
    begun.set(group, atOnce);
    if (atOnce.refused.length > 0) byExchange.set(index, uploaded(exchange, atOnce, nameIn(body), live));
    if (exchange !== group.at(-1)) return;
    taken.set(chat, atOnce.taken);
    const { listed, searched } = surplus.get(chat) ?? none;
    if (atOnce.refused.length > 0)
      surplus.set(chat, {
        listed: [...listed, ...atOnce.refused],
        searched: [...searched, ...atOnce.refused],
      });
  };

  const refusedByLegacy = ({ index, chat, body }: SeenExchange) => {
    const refused = refusal(taken.get(chat) ?? [], nameIn(body));
    if (refused === undefined) notAsked.add(index);
    else
      byExchange.set(index, (left) => answered(left, failure(left.answer, 400, left.answer.reason, refused)));
  };

  const removed = (chat: string, [name = '']: readonly string[], last: boolean) => {
    const others = (names: readonly string[]) => names.filter((each) => each !== name);
    taken.set(chat, others(taken.get(chat) ?? []));
    const { listed, searched } = surplus.get(chat) ?? none;
    if (last || searched.length === 0) surplus.delete(chat);
    else surplus.set(chat, { listed: others(listed), searched });
  };

  for (const exchange of exchanges) {
    const { index, chat, shown } = exchange;
    const group = groups.get(index);
    const isAtLimit = /^Maximum |already uploaded$/.test(shown.error ?? '');
    const read =
      surplus.size > 0 ? readOf(exchange, { surplus: new Map(surplus), listing, replies, live }) : undefined;
    if (read) byExchange.set(index, read);
    if (isUpload(exchange) && group) takenAtOnce(exchange, group);
    else if (isAtLimit && surplus.has(chat)) refusedByLegacy(exchange);
    const removal = listing.see(exchange);
    if (removal) removed(chat, removal.removed, removal.last);
  }
  return { byExchange, notAsked };
}

/** What only the answers say, in legacy's ids. */
interface Live {
  /** Jobs that the other does not have. */
  refused: Set<string>;
  /** Chats by the id that legacy has for them, to the recording's. */
  chats: Map<string, string>;
}

interface Known {
  surplus: ReadonlyMap<string, Surplus>;
  listing: Listing;
  replies: Replies;
  live: Live;
}

const answered = (said: Said, answer: Said['answer']): Said => ({ ...said, answer });

function uploaded({ index, chat }: SeenExchange, atOnce: AtOnce, name: string, live: Live): Change {
  return (left, right) => {
    live.chats.set(chatIn(left.target), chat);
    const refused = atOnce.judged(index, name, right.answer);
    const { job_id } = (jsonOf(left.answer) as Shown | undefined) ?? {};
    if (refused === undefined || job_id === undefined) return left;
    live.refused.add(job_id);
    return answered(left, failure(left.answer, 400, 'BAD REQUEST', refused));
  };
}

function readOf({ asked, chat, status }: SeenExchange, known: Known): Change | undefined {
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

function withoutDocs(left: Said, { searched }: Surplus, { refused }: Live): Said {
  const { pdfs = [], processing = [] } = (jsonOf(left.answer) as Shown | undefined) ?? {};
  const going = surplusIn(pdfs, searched);
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
