/** What a write makes, and what it says. */
import { codingsOf, decodedSync } from '@banyan/compare/codings.ts';
import { dialectOf } from '@banyan/route-table/dialect.ts';
import type { Route } from '@banyan/route-table/route-table.ts';
import { unreadableIn } from '../answers/unreadable.ts';
import { largestRequest } from '../answers/whole-answer.ts';
import type { Body } from '../bodies/bodies.ts';
import type { Entry } from '../journal/entries.ts';
import { parseBody } from '../json/parse-body.ts';
import type { IdPair } from '../names/id-registry.ts';
import { isMappable } from '../names/unsupported.ts';
import { type Known, valuesOf } from '../protocol/keys.ts';
import type { Sides } from '../sides/sides.ts';

/**
 * What the answer that clients know calls what a write has made, and what legacy calls it. An id that is not of its declared
 * format stands for nothing, so it is left out.
 * @param answer legacy's own
 */
export function madeIds(route: Route, known: Known, answer: unknown): IdPair[] {
  return route.ids.flatMap((field) => {
    const { kind, role, place } = field;
    if (role !== 'made') return [];
    const legacyIds = valuesOf(place, { ...known, answer });
    const pairs = valuesOf(place, known).flatMap((publicId, i): IdPair[] => {
      const legacyId = legacyIds[i];
      return legacyId === undefined ? [] : [{ kind, publicId, legacyId }];
    });
    return pairs.filter((pair) => isMappable(field, pair));
  });
}

/** What legacy made for a client has one name everywhere. */
export function sameIds(route: Route, answered: Known): IdPair[] {
  return madeIds(route, answered, answered.answer);
}

/** What an entry's answer says, or what a probe has seen of it. */
export const answerOf = ({ answer, learned }: Pick<Entry, 'answer' | 'learned'>): unknown =>
  answer ? parseBody(answer.body) : learned;

/** All that is known of an entry. */
export const knownOf = (entry: Entry, sides: Pick<Sides, 'paramsOf' | 'routeOf'>): Known => ({
  params: sides.paramsOf(entry.request.target),
  request: requestOf(sides.routeOf(entry.route), entry),
  trim: dialectOf(sides.routeOf(entry.route)).trim,
  answer: answerOf(entry),
});

/**
 * What the backends read in the request's body: JSON, or a form's files by the names of their parts. A backend may decode what
 * has a content coding, or read the body as it is whatever is said: whichever of the two is JSON is what it can read.
 */
export function jsonOf(route: Route, body: Body | undefined, rawHeaders: readonly string[] = []): unknown {
  if (!body) return undefined;
  if ('file' in body) return route.body === 'multipart' && body.head ? filesIn(body.head) : undefined;
  const codings = codingsOf(rawHeaders);
  const plain = codings.length > 0 ? decodedSync(body.bytes, codings, largestRequest) : undefined;
  if (route.body === 'multipart') return filesIn(plain ?? body.bytes);
  if (route.body !== 'json') return undefined;
  const { parse } = dialectOf(route);
  const parsed = (bytes: Uint8Array) => (bytes.byteLength === 0 ? undefined : parse(bytes));
  return parsed(body.bytes) ?? (plain && parsed(plain));
}

/** What an entry's request says: of a body that is in a file that was written down. */
export const requestOf = (route: Route, { request, body }: Pick<Entry, 'request' | 'body'>): unknown =>
  request.form ?? jsonOf(route, body, request.rawHeaders);

/** Why a write cannot be given to the other side: what it says, or what its answer says, is not known. */
export function whyUnknown(entry: Entry, route: Route): string | undefined {
  const { answer, request, body, side } = entry;
  const reason = answer && unreadableIn(route, answer);
  if (reason !== undefined) return `what ${side} answered cannot be read: ${reason}`;
  const codings = codingsOf(request.rawHeaders);
  if (codings.length === 0 || !answer || answer.status >= 300 || !body || !declaresRequest(route)) return;
  if (requestOf(route, entry) !== undefined) return;
  return `the request has the Content-Encoding "${codings.join(', ')}" and cannot be decoded`;
}

/** Whether continuity has to know what such a request says. */
const declaresRequest = ({ ids, keys, relay }: Route): boolean =>
  ids.some(({ place }) => place.in === 'request') ||
  keys.some((key) => 'one' in key && key.named.in === 'request') ||
  relay?.message.in === 'request';

const filePart = /^content-disposition:[^\r\n]*?;\s*name="([^"\r\n]*)"[^\r\n]*?;\s*filename="([^"\r\n]*)"/gim;

/** Names of files as browsers write them; a name in another notation is not known, and then fits nothing. */
function filesIn(bytes: Uint8Array): Record<string, { filename: string }> {
  const text = Buffer.from(bytes).toString('utf8');
  return Object.fromEntries(
    [...text.matchAll(filePart)].map(([, name, filename]) => [name, { filename: filename ?? '' }]),
  );
}
