/** A text field of a JSON body, as `request.get_json().get(field, "").strip()` has it. */
import type { Readable } from 'node:stream';
import { contentTypeOf, isJson } from '@banyan/operations/http/content-type.ts';
import type { Quirks } from '../quirks.ts';
import { badJson, clientFault, type Fault, notJson, tooLarge } from './faults.ts';
import { PythonDecodeError } from './python/decode.ts';
import { jsonLoads, PythonJsonError, PythonRecursionError } from './python/json-loads.ts';
import { noAttribute, strip } from './python/strings.ts';
import { type PythonValue, typeName } from './python/values.ts';

/**
 * The longest body that is read, in bytes. Flask has no limit; 16 MiB of text are far past what the model takes, and keep
 * one request within some 100 MB of memory. A longer one is a 413.
 */
export const longestJsonBody = 16 * 1024 * 1024;

export interface BodyRequest {
  rawHeaders: readonly string[];
  /** Nothing for a request without a body. */
  body?: Readable;
}

/** The stripped text, empty where the field is missing; or what to answer. */
export type TextField = { text: string } | { fault: Fault };

/** @throws what the stream fails with, when the client goes away */
export async function readTextField(request: BodyRequest, field: string, quirks: Quirks): Promise<TextField> {
  if (!isJson(contentTypeOf(request.rawHeaders))) return refused(415, notJson, quirks);
  const bytes = await readWhole(request.body);
  return bytes ? textField(bytes, field, quirks) : refused(413, tooLarge, quirks);
}

/** The same for a body that is there. */
export function textField(bytes: Uint8Array, field: string, quirks: Quirks): TextField {
  let document: PythonValue;
  try {
    document = jsonLoads(bytes);
  } catch (error) {
    if (error instanceof PythonRecursionError) return refused(400, error.message, quirks);
    if (error instanceof PythonJsonError || error instanceof PythonDecodeError)
      return refused(400, badJson(error.message), quirks);
    throw error;
  }
  if (!(document instanceof Map)) return refused(400, noAttribute(typeName(document), 'get'), quirks);
  const value = document.has(field) ? (document.get(field) ?? null) : '';
  if (typeof value !== 'string') return refused(400, noAttribute(typeName(value), 'strip'), quirks);
  return { text: strip(value) };
}

function refused(status: number, error: string, quirks: Quirks): TextField {
  return { fault: clientFault(status, error, quirks) };
}

/** undefined where it is too long; the rest is then let go by unread. */
async function readWhole(body: Readable | undefined): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let length = 0;
  if (body)
    for await (const chunk of body.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
      length += chunk.length;
      if (length > longestJsonBody) break;
      chunks.push(chunk);
    }
  if (length <= longestJsonBody) return Buffer.concat(chunks);
  // Only once nobody iterates any more can it flow.
  body?.resume();
  return undefined;
}
