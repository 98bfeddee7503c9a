/**
 * Answers that cannot be read: of them it is not known which ids they name, nor what they say. They are never shown in place of
 * one that was rewritten, and never taken for an answer that says nothing.
 */
import { codingsOf } from '@banyan/compare/codings.ts';
import type { Route } from '@banyan/route-table/route-table.ts';
import { parseBody } from '../json/places.ts';
import type { StoredAnswer } from '../protocol/entry.ts';
import { headerOf, isEventStream, isPartial, isReadableCharset, mediaType } from './headers.ts';

type Head = Pick<StoredAnswer, 'status' | 'rawHeaders'>;

/** Whether continuity has to know what the answer to such a write says. */
export const declaresAnswer = ({ ids, keys, times, relay }: Route): boolean =>
  ids.some(({ place, role }) => place.in === 'response' && role !== 'invented') ||
  times.some(({ place, role }) => place.in === 'response' && role === 'stored') ||
  keys.some((key) => 'one' in key && key.named.in === 'response') ||
  relay?.reply.in === 'response';

/** Why what a write's answer says is not known though the route table says that it says something; undefined where it is known. */
export function unreadableIn(route: Route, answer: StoredAnswer): string | undefined {
  const isSuccess = answer.status >= 200 && answer.status < 300;
  return isSuccess && declaresAnswer(route) ? whyNotJson(answer) : undefined;
}

/** Undefined where it is JSON that can be read. */
export function whyNotJson(answer: StoredAnswer): string | undefined {
  return isUsual(answer) && parseBody(answer.body) !== undefined ? undefined : whyUnreadable(answer);
}

/** Whether a body is a whole one, in a charset that can be read. */
export const isUsual = ({ status, rawHeaders }: Head): boolean =>
  !isPartial(status, rawHeaders) && isReadableCharset(rawHeaders);

/** Whether an answer's bytes may say anything: in a coding that cannot be decoded, in part, or in a charset that cannot be read. */
export const isInOddForm = (answer: Head): boolean =>
  !isUsual(answer) || codingsOf(answer.rawHeaders).length > 0;

/** Whether an answer that is no JSON has no declared place: a page that tells of an error, or where to go. */
export function hasNoPlaces({ status, rawHeaders }: Head): boolean {
  return status >= 300 && codingsOf(rawHeaders).length === 0 && !mediaType(rawHeaders).includes('json');
}

/** For people. */
export function whyUnreadable({ status, rawHeaders, body }: Head & { body?: unknown }): string {
  const codings = codingsOf(rawHeaders);
  if (isPartial(status, rawHeaders)) return `it is only a part of an answer (${status})`;
  if (codings.length > 0) return `it has the Content-Encoding "${codings.join(', ')}" and cannot be decoded`;
  if (isEventStream(rawHeaders)) return 'it is a stream of events';
  if (!isReadableCharset(rawHeaders))
    return `its charset cannot be read (${headerOf(rawHeaders, 'content-type')})`;
  if (body instanceof Uint8Array && body.byteLength === 0) return 'it is empty';
  return `it is not one JSON document (its type is ${mediaType(rawHeaders) || 'not said'})`;
}
