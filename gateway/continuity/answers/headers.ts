/** Header lists of requests and answers whose bodies the gateway reads or writes anew. */
import { codingsOf } from '@banyan/compare/codings.ts';

/** They ask for another form of the answer, or for a part of it; `A-IM` for the difference to an earlier one (RFC 3229). */
const otherForms = new Set(['accept-encoding', 'range', 'if-range', 'a-im']);

/** They are of the bytes that the backend sent (RFC 9530, RFC 3230, RFC 1864). */
const digests = new Set(['content-md5', 'digest', 'content-digest', 'repr-digest']);

/**
 * The headers of a request whose answer the gateway reads: they ask for all of it, without a content coding. Without
 * `Accept-Encoding` a server may choose any coding (RFC 9110, 12.5.3).
 */
export function toBeRead(rawHeaders: readonly string[]): string[] {
  return [...without(rawHeaders, otherForms), 'Accept-Encoding', 'identity'];
}

/** The headers of a request whose answer is to have no content coding. */
export const uncoded = (rawHeaders: readonly string[]): string[] => [
  ...without(rawHeaders, new Set(['accept-encoding'])),
  'Accept-Encoding',
  'identity',
];

/** A header list with another length of the body; where the backend said none, none is said. */
export function withLength(rawHeaders: readonly string[], length: number): string[] {
  return rawHeaders.map((text, i) =>
    i % 2 === 1 && rawHeaders[i - 1]?.toLowerCase() === 'content-length' ? String(length) : text,
  );
}

/** The headers of a body that the gateway changes. */
export const withoutDigests = (rawHeaders: readonly string[]): string[] => without(rawHeaders, digests);

/** The headers of a body that is decoded. */
export function asDecoded(rawHeaders: readonly string[], length: number): string[] {
  return withLength(without(rawHeaders, new Set([...digests, 'content-encoding'])), length);
}

/** The headers of an answer to HEAD whose GET would have a body of another length or coding than the backend says. */
export function withoutForm(rawHeaders: readonly string[]): string[] {
  return without(rawHeaders, new Set([...digests, 'content-encoding', 'content-length']));
}

export function without(rawHeaders: readonly string[], names: ReadonlySet<string>): string[] {
  return rawHeaders.filter((_, i) => !names.has((rawHeaders[i - (i % 2)] ?? '').toLowerCase()));
}

/** The first value of a header. @param name in lower case */
export function headerOf(rawHeaders: readonly string[], name: string): string | undefined {
  return rawHeaders.find((_, i) => i % 2 === 1 && rawHeaders[i - 1]?.toLowerCase() === name);
}

/** The media type, in lower case, without parameters; empty where none is said. */
export function mediaType(rawHeaders: readonly string[]): string {
  return (headerOf(rawHeaders, 'content-type') ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '';
}

/** Whether a body is JSON that can be read while it comes. */
export const isJson = (rawHeaders: readonly string[]): boolean =>
  mediaType(rawHeaders) === 'application/json' && codingsOf(rawHeaders).length === 0;

/** Whether a body is server-sent events: it comes as things happen, and may take as long as it likes. */
export const isEventStream = (rawHeaders: readonly string[]): boolean =>
  mediaType(rawHeaders) === 'text/event-stream';

/** Whether a body is a part of something: of bytes, or a difference to what the client has. */
export const isPartial = (status: number, rawHeaders: readonly string[]): boolean =>
  status === 206 || status === 226 || headerOf(rawHeaders, 'content-range') !== undefined;

/** Charsets in which JSON's own characters are the bytes of ASCII, and no other character has such bytes. */
const asciiBased =
  /^(?:utf-?8|us-ascii|ascii|latin-?1|iso-?8859-?\d+|windows-?125\d|cp125\d|koi8-[ru]|euc-(?:jp|kr))$/;
/** Their bytes are told by themselves, with a byte order mark or without. */
const wide = /^(?:utf-?(?:16|32)(?:le|be)?|ucs-?[24])$/;

/** Whether JSON in the charset that is said can be read and written by the gateway. */
export function isReadableCharset(rawHeaders: readonly string[]): boolean {
  const [, charset] =
    /;\s*charset\s*=\s*"?([^";\s]*)/i.exec(headerOf(rawHeaders, 'content-type') ?? '') ?? [];
  const name = charset?.toLowerCase();
  return !name || asciiBased.test(name) || wide.test(name);
}

/** The headers of a body that is UTF-8 now, whatever it was. */
export function inUtf8(rawHeaders: readonly string[]): string[] {
  return rawHeaders.map((text, i) =>
    i % 2 === 1 && rawHeaders[i - 1]?.toLowerCase() === 'content-type'
      ? text.replace(/(;\s*charset\s*=\s*)(?:"[^"]*"|[^;\s]*)/i, '$1utf-8')
      : text,
  );
}
