/** A backend's answer, read to its end and brought into the form that the gateway reads: UTF-8 without a content coding. */
import { codingsOf, decoded } from '@banyan/compare/codings.ts';
import { parseJson } from '@banyan/compare/json/parse.ts';
import type { BackendName } from '@banyan/route-table/route-table.ts';
import type { BackendResponse } from '../../backends/backend.ts';
import { faultOf } from '../../backends/faults.ts';
import type { StoredAnswer } from '../protocol/entry.ts';
import { asDecoded, inUtf8, isEventStream, withLength, withoutDigests } from './headers.ts';
import { decodeWide, wideFormOf } from './wide.ts';

/** A request's JSON that grows beyond this when it is decoded is not read, in bytes. */
export const largestRequest = 8 * 1024 * 1024;

/**
 * Reads an answer's body to its end, within its deadline. Each event of a stream of events has the whole time again.
 * @throws BanyanError where it breaks off or comes too late; the signal's reason once it is aborted
 */
export async function whole(
  side: BackendName,
  { status, reason, rawHeaders, body, deadline }: BackendResponse,
  signal?: AbortSignal,
): Promise<StoredAnswer> {
  if (body instanceof Uint8Array) return { status, reason, rawHeaders, body };
  const mayTakeLong = isEventStream(rawHeaders);
  const chunks: Uint8Array[] = [];
  try {
    for await (const chunk of body) {
      chunks.push(chunk as Uint8Array);
      if (mayTakeLong) deadline?.refresh();
    }
  } catch (error) {
    throw signal?.aborted ? signal.reason : faultOf(error as Error, side);
  }
  return { status, reason, rawHeaders, body: Buffer.concat(chunks) };
}

/** The answer in the form that the gateway reads. The same object where it is in that form, or cannot be brought into it. */
export async function readable(answer: StoredAnswer): Promise<StoredAnswer> {
  const codings = codingsOf(answer.rawHeaders);
  if (codings.length === 0 || answer.body.byteLength === 0) return transcoded(answer);
  const body = await decoded(answer.body, codings);
  if (!body) return answer;
  return transcoded({ ...answer, body, rawHeaders: asDecoded(answer.rawHeaders, body.byteLength) });
}

/** A request's body without its content coding and in UTF-8; undefined where it is in that form, or cannot be decoded. */
export async function decodedBody(
  bytes: Uint8Array,
  rawHeaders: readonly string[],
): Promise<Uint8Array | undefined> {
  const codings = codingsOf(rawHeaders);
  const plain = codings.length === 0 ? undefined : await decoded(bytes, codings, largestRequest);
  return utf8Of(plain ?? bytes) ?? plain;
}

/** JSON in UTF-16 or UTF-32 as UTF-8; everything else as it is. */
function transcoded(answer: StoredAnswer): StoredAnswer {
  const body = utf8Of(answer.body);
  if (!body) return answer;
  const rawHeaders = withLength(inUtf8(withoutDigests(answer.rawHeaders)), body.byteLength);
  return { ...answer, body, rawHeaders };
}

/** Binary data may look like UTF-16 at its beginning; more of it than this is not decoded to find out, in bytes. */
const largestWide = 16 * 1024 * 1024;

/** @returns undefined where the bytes are UTF-8 already, or no JSON in any encoding */
function utf8Of(bytes: Uint8Array): Uint8Array | undefined {
  const form = bytes.byteLength > largestWide ? undefined : wideFormOf(bytes);
  if (!form) return undefined;
  try {
    const body = Buffer.from(decodeWide(bytes, form));
    return parseJson(body.toString('latin1')) && body;
  } catch {
    return undefined;
  }
}
