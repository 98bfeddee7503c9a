/** Whether a read's answer shows what a probe has to see. An answer that does not is no proof that something is missing. */

import { headerOf } from '@banyan/operations/http/headers.ts';
import type { BackendName, Probe, Route } from '@banyan/route-table/route-table.ts';
import { mediaType } from '../answers/headers.ts';
import { parseBody } from '../json/parse-body.ts';
import type { StoredAnswer } from '../protocol/entry.ts';
import { readPlace } from '../protocol/places.ts';

/** The list that a probe looks at. */
export interface Look {
  body: unknown;
  list: unknown[];
  /** The backend shows a part of the list: what is not in it may be in the rest. */
  isPart: boolean;
}

export interface NoLook {
  /** What the backend showed instead, for people. */
  why: string;
  /** The backend says that there is no such thing to read. */
  isMissing?: boolean;
}

/** An answer to a probe's read, and who gave it. */
export interface Shown {
  side: BackendName;
  read: Route;
  answer: StoredAnswer;
}

const json = /^(?:application|text)\/(?:[\w.+-]+\+)?json$/;

/** The JSON of a read's answer. */
function bodyIn({ side, read, answer }: Shown): { body: unknown } | NoLook {
  const { status, rawHeaders } = answer;
  const asked = `${read.key} on ${side}`;
  if (status < 200 || status > 299) {
    const to = headerOf(rawHeaders, 'location');
    return {
      why: `${asked} answered ${status}${to === undefined ? '' : ` to ${to}`}`,
      isMissing: status === 404 || status === 410,
    };
  }
  const type = mediaType(rawHeaders) || undefined;
  if (type !== undefined && !json.test(type)) return { why: `${asked} answered ${type}, which is not JSON` };
  const body = parseBody(answer.body);
  return body === undefined ? { why: `${asked} answered what cannot be read as JSON` } : { body };
}

export function listIn(shown: Shown, at: Probe['at']): Look | NoLook {
  const found = bodyIn(shown);
  if ('why' in found) return found;
  const [list] = readPlace(found.body, at);
  if (!Array.isArray(list))
    return { why: `${shown.read.key} on ${shown.side} has no list at ${at} of its answer` };
  return { body: found.body, list, isPart: isPart(shown, found.body, at, list.length) };
}

const totals = ['total_count', 'totalCount'];
/** `total` alone may be a sum of money; beside one of these it is a number of elements. */
const pages = ['page', 'per_page', 'perPage', 'page_size', 'pageSize', 'limit', 'offset'];
const nexts = [
  'next',
  'next_page',
  'nextPage',
  'next_cursor',
  'nextCursor',
  'next_page_token',
  'nextPageToken',
];
const mores = ['has_more', 'hasMore', 'has_next', 'hasNext'];

/** By the route table's own count, and by the usual signs of paging. */
function isPart({ read, answer }: Shown, body: unknown, at: Probe['at'], length: number): boolean {
  const { status, rawHeaders } = answer;
  if (status === 206 || /;\s*rel="?next\b/i.test(headerOf(rawHeaders, 'link') ?? '')) return true;
  const counts: unknown[] = [Number(headerOf(rawHeaders, 'x-total-count') ?? Number.NaN)];
  if (read.elements?.at === at && read.elements.count) counts.push(...readPlace(body, read.elements.count));
  if (typeof body === 'object' && body !== null && !Array.isArray(body)) {
    const members = body as Record<string, unknown>;
    counts.push(...totals.map((name) => members[name]));
    if (pages.some((name) => Object.hasOwn(members, name))) counts.push(members.total);
    if ([...nexts, ...mores].some((name) => Boolean(members[name]))) return true;
  }
  return counts.some((count) => typeof count === 'number' && count > length);
}
