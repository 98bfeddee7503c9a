/**
 * Whether the answer to a replay says that the other side has done what the first side did. An answer of another status class,
 * another `Location` or another shape does not, whatever its status: a login page is a 200 too.
 */

import { headerOf } from '@banyan/operations/http/headers.ts';
import type { BackendName, Route } from '@banyan/route-table/route-table.ts';
import type { Entry } from '../journal/entries.ts';
import type { StoredAnswer } from '../protocol/entry.ts';
import type { Sides } from '../sides/sides.ts';
import { leadToTheSame } from './location.ts';
import { ReplayRefused } from './refused.ts';
import { contentOf, shapeFault } from './shape.ts';

export interface ReplayAnswer {
  entry: Entry;
  route: Route;
  /** Who answered the replay. */
  side: BackendName;
  /** In that side's own ids. */
  answer: StoredAnswer;
  legacyUrl?: string | undefined;
}

/** @returns why the replay does not count as done; undefined where it does */
export function refusalOf(replay: ReplayAnswer, sides: Sides): ReplayRefused | undefined {
  const { entry, side, answer } = replay;
  const fault = statusFault(replay) ?? locationFault(replay, sides) ?? bodyFault(replay);
  if (fault === undefined) return undefined;
  const client = entry.answer
    ? `the client got ${described(entry.answer)} from ${entry.side}`
    : `the client got no answer from ${entry.side}`;
  const why = fault === '' ? '' : ` (${fault})`;
  return new ReplayRefused(`${side} answered ${described(answer)}${why}; ${client}`, {
    mayHaveIt: mayHaveEffect(replay),
    isFinal: !isTemporary(replay),
  });
}

const classOf = (status: number) => Math.floor(status / 100);

/** An error that came after the effect says nothing of what an answer looks like. */
const exampleOf = ({ answer }: Entry) => (answer && answer.status < 400 ? answer : undefined);

/** Empty where the two statuses say it all. */
function statusFault({ entry, route, answer }: ReplayAnswer): string | undefined {
  const { status } = answer;
  const example = exampleOf(entry);
  if (example) {
    if (classOf(status) !== classOf(example.status)) return '';
    const isPart = status === 206 && example.status !== 206;
    return isPart ? 'a part of an answer' : undefined;
  }
  // The first side did it and answered with an error. The same error of the other side is no sign that it did it too.
  if (status >= 500 && status === entry.answer?.status)
    return route.probe?.shows === 'element-added' || route.probe?.shows === 'tail-added' ? '' : undefined;
  if (classOf(status) === 2 && status !== 206) return undefined;
  return classOf(status) === 3 && Object.hasOwn(route.openapi.responses ?? {}, status) ? undefined : '';
}

/** 302 and 303 say the same: look there. 307 and 308 say that nothing has been done yet. */
const redirectOf = (status: number) => (status === 302 ? 303 : status);

function locationFault(
  { entry, side, answer, legacyUrl }: ReplayAnswer,
  { match, names }: Sides,
): string | undefined {
  const example = exampleOf(entry);
  if (!example) return undefined;
  const [client, other] = [example, answer].map(({ rawHeaders }) => headerOf(rawHeaders, 'location'));
  if (classOf(answer.status) === 3 && redirectOf(answer.status) !== redirectOf(example.status))
    return 'another redirect';
  if (client === undefined && other === undefined) return undefined;
  if (client === undefined || other === undefined) return other === undefined ? 'no Location' : 'a Location';
  const { request } = entry;
  return leadToTheSame({ request, client, other, side, legacyUrl, match, ids: names.ids })
    ? undefined
    : 'another Location';
}

function bodyFault({ entry, route, answer }: ReplayAnswer): string | undefined {
  // A redirect's body is for people. An error's has been judged by its status.
  if (classOf(answer.status) !== 2) return undefined;
  return shapeFault(route, exampleOf(entry), answer);
}

/** A client error is no effect, and no error of `new`'s is. Behind a redirect, a success or a fault of legacy's there may be one. */
const mayHaveEffect = ({ side, answer }: ReplayAnswer) =>
  classOf(answer.status) !== 4 && !(side === 'new' && answer.status >= 500);

/** An expired credential, a limit of requests, a page of a proxy before the backend. */
const passing = new Set([401, 403, 407, 408, 421, 425, 429]);

function isTemporary({ entry, route, answer }: ReplayAnswer): boolean {
  const { status } = answer;
  if (classOf(status) !== 2) return passing.has(status) || classOf(status) !== 4;
  const example = exampleOf(entry);
  const wanted = example ? contentOf(example).kind : 'JSON';
  return (
    contentOf(answer).kind === 'not JSON' &&
    (wanted === 'JSON' || shapeFault(route, example, answer) !== undefined)
  );
}

/** `302 to /login`, `404: {"error": …}`, `200 (text/html, 512 bytes)`. */
function described(answer: StoredAnswer): string {
  const { status, rawHeaders, body } = answer;
  const to = headerOf(rawHeaders, 'location');
  const at = to === undefined ? String(status) : `${status} to ${to.slice(0, 200)}`;
  const { kind, type, text } = contentOf(answer);
  if (kind === 'no body') return at;
  const excerpt = text.replace(/\s+/g, ' ').slice(0, 200).trim();
  if (kind === 'JSON' || type === undefined || type === 'text/plain') return `${at}: ${excerpt}`;
  return `${at} (${type}, ${body.byteLength} bytes)`;
}
