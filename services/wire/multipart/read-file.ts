/** The file of a form's field, as `request.files[field]` would have it, streamed to wherever the caller keeps it. */
import type { Readable } from 'node:stream';
import { contentTypeOf } from '@banyan/operations/http/content-type.ts';
import { headerOf } from '@banyan/operations/http/headers.ts';
import type { Part } from '@banyan/operations/http/part.ts';
import type { Quirks } from '../../quirks.ts';
import { clientFault, type Fault, tooLarge } from '../faults.ts';
import { blockSize, createFormDecoder, FormTooLarge, flaskLimits, MalformedForm } from './decoder.ts';

/** Takes a file as it comes. One of `finish` and `discard` is called at last; `discard` also where `finish` failed. */
export interface FileSink<Kept> {
  write(bytes: Uint8Array): void | Promise<void>;
  /** The whole form is there and in order. */
  finish(): Kept | Promise<Kept>;
  /** The client went away, or the form turned out to be broken: then Flask sees no file at all. */
  discard(): void | Promise<void>;
}

export interface FormRequest {
  rawHeaders: readonly string[];
  body?: Readable;
}

export type FormFile<Kept> = { filename: string; kept: Kept } | { missing: true } | { fault: Fault };

/**
 * Reads a form to its end; the first file of the field counts, everything else is passed over.
 * @param open called with the file's name as sent, directories included, when its part begins
 * @throws what the body's stream or the sink fails with; the sink has been discarded then
 */
export async function readFormFile<Kept>(
  request: FormRequest,
  field: string,
  open: (filename: string) => FileSink<Kept> | Promise<FileSink<Kept>>,
  quirks: Quirks,
): Promise<FormFile<Kept>> {
  const form = formOf(request.rawHeaders);
  if (form === 'too large') return { fault: clientFault(413, tooLarge, quirks) };
  if (form === 'none') return { missing: true };
  const file = firstFile(field, open);
  try {
    const receive = createFormDecoder(form.boundary);
    for await (const block of blocksOf(request.body))
      for (const event of receive(block)) await ('part' in event ? file.begin(event.part) : file.data(event));
    return await file.finish();
  } catch (error) {
    await file.discard();
    if (!(error instanceof MalformedForm || error instanceof FormTooLarge)) throw error;
    // The rest is let go by unread, as the legacy app's server does it.
    request.body?.resume();
    return error instanceof FormTooLarge ? { fault: clientFault(413, tooLarge, quirks) } : { missing: true };
  }
}

/** What the headers say: a form with a boundary, no form with files, or a urlencoded one that is over the limit. */
function formOf(rawHeaders: readonly string[]): { boundary: string } | 'none' | 'too large' {
  const { mimetype, options } = contentTypeOf(rawHeaders);
  if (mimetype === 'application/x-www-form-urlencoded') {
    const length = Number(headerOf(rawHeaders, 'content-length') ?? 0);
    return length > flaskLimits.memory ? 'too large' : 'none';
  }
  const boundary = options.get('boundary');
  if (mimetype !== 'multipart/form-data' || !boundary) return 'none';
  return /[^\0-\x7f]/.test(boundary) ? 'none' : { boundary };
}

/** The body cut into the blocks that Werkzeug reads, one character a byte; then undefined. */
async function* blocksOf(body: Readable | undefined): AsyncGenerator<string | undefined, void> {
  let waiting: Buffer[] = [];
  let length = 0;
  if (body)
    for await (const chunk of body.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
      waiting.push(chunk);
      length += chunk.length;
      if (length < blockSize) continue;
      const bytes = Buffer.concat(waiting);
      let at = 0;
      for (; at + blockSize <= length; at += blockSize) yield bytes.toString('latin1', at, at + blockSize);
      waiting = [bytes.subarray(at)];
      length -= at;
    }
  if (length > 0) yield Buffer.concat(waiting).toString('latin1');
  yield undefined;
}

/** Keeps the first file of a field once its part is complete, and lets go of everything else. */
function firstFile<Kept>(
  field: string,
  open: (filename: string) => FileSink<Kept> | Promise<FileSink<Kept>>,
) {
  let sink: FileSink<Kept> | undefined;
  let filename = '';
  let isOpen = false;
  return {
    async begin(part: Part) {
      if (sink || part.name !== field || part.filename === undefined) return;
      filename = part.filename;
      sink = await open(filename);
      isOpen = true;
    },
    async data({ data, last }: { data: string; last: boolean }) {
      if (isOpen && data) await sink?.write(Buffer.from(data, 'latin1'));
      if (last) isOpen = false;
    },
    async finish(): Promise<FormFile<Kept>> {
      return sink ? { filename, kept: await sink.finish() } : { missing: true };
    },
    async discard() {
      await sink?.discard();
    },
  };
}
