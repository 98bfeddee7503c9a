/**
 * Requests that two servers could frame or address differently are refused before anything is done with them.
 * Node's parser, which is strict unless told otherwise, refuses most of them by itself: Content-Length beside
 * Transfer-Encoding, two lengths, a length that is no number, bare CR, spaces before a colon, more than a thousand headers. This is the rest.
 */
import type { IncomingMessage } from 'node:http';
import type { Refusal } from './refuse.ts';

/** @returns why the request is refused because of its framing, or undefined */
export function framingFault(incoming: IncomingMessage): Refusal | undefined {
  if (!isOfOurVersion(incoming))
    return { code: 'malformed_request', reason: 'its version is neither 1.0 nor 1.1' };
  const reason = ambiguityOf(incoming);
  return reason === undefined ? undefined : { code: 'ambiguous_request', reason };
}

/** Whether it is of a version whose framing is known; Node's parser takes 0.9 and 2.0, with headers, for good. */
export function isOfOurVersion({ httpVersion }: IncomingMessage): boolean {
  return httpVersion === '1.1' || httpVersion === '1.0';
}

/** @returns why the request is ambiguous, or undefined */
export function ambiguityOf(incoming: IncomingMessage): string | undefined {
  const { rawHeaders } = incoming;
  let hosts = 0;
  let encodings = 0;
  for (let i = 0; i < rawHeaders.length; i += 2) {
    // Comparing lengths first keeps this off the profile.
    const name = rawHeaders[i] as string;
    if (name.length === 4 && name.toLowerCase() === 'host') hosts++;
    else if (name.length === 17 && name.toLowerCase() === 'transfer-encoding') encodings++;
  }
  if (hosts > 1) return 'it names more than one host';
  // RFC 9112 3.2: a server must refuse an HTTP/1.1 request without one.
  if (hosts === 0 && incoming.httpVersion === '1.1') return 'it names no host';
  if (encodings === 0) return undefined;
  if (encodings > 1) return 'it has more than one Transfer-Encoding';
  // RFC 9112 6.1: a server that gets Transfer-Encoding in an HTTP/1.0 message treats its framing as faulty.
  if (incoming.httpVersion === '1.0') return 'it has a Transfer-Encoding in HTTP/1.0';
  if (incoming.headers['transfer-encoding']?.toLowerCase() !== 'chunked')
    return 'its Transfer-Encoding is not just "chunked"';
  return undefined;
}
