/**
 * Without `limits-count-finished-only`: an upload counts from its start, so of several at once some are refused that legacy
 * takes. What legacy has too much from then on is left out of its answers.
 */
import type { Recording } from '@banyan/gateway/record/read-recording.ts';
import type { Change, Changes } from '@banyan/suite/retired/change.ts';
import { jsonOf } from '@banyan/suite/retired/edit.ts';
import { Replies } from './conversation.ts';
import { failure } from './deleted-chats.ts';
import { Listing } from './listing.ts';
import { chatIn, type SeenExchange, type Shown, seen } from './seen.ts';
import { answered, type Live, none, readOf, type Surplus } from './surplus.ts';
import { AtOnce, groupsOf, isListedAfter, isUpload, nameIn, refusal } from './uploads.ts';

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
    const isRead = (name: string) => before.includes(name) || isListedAfter(exchanges, exchange, name);
    taken.set(chat, atOnce.taken.filter(isRead));
    const { listed, inDocs } = surplus.get(chat) ?? none;
    if (atOnce.refused.length > 0)
      surplus.set(chat, {
        listed: [...listed, ...atOnce.refused],
        inDocs: [...inDocs, ...atOnce.refused],
      });
  };

  const refusedByLegacy = ({ index, chat, body }: SeenExchange) => {
    const refused = refusal(taken.get(chat) ?? [], nameIn(body));
    if (refused === undefined) notAsked.add(index);
    else
      byExchange.set(index, (left) => answered(left, failure(left.answer, 400, left.answer.reason, refused)));
  };

  const removed = (chat: string, [name = '']: readonly string[]) => {
    const others = (names: readonly string[]) => names.filter((each) => each !== name);
    taken.set(chat, others(taken.get(chat) ?? []));
    const { listed, inDocs } = surplus.get(chat) ?? none;
    if (inDocs.length === 0) surplus.delete(chat);
    else surplus.set(chat, { listed: others(listed), inDocs });
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
    if (removal) removed(chat, removal.removed);
  }
  return { byExchange, notAsked };
}

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
