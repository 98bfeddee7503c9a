/** What handlers get of a request's body, and what is answered where it cannot be read. */
import type { Quirks } from '../quirks.ts';
import type { Fault } from './faults.ts';
import { type BodyRequest, readTextField } from './json-body.ts';
import { type FileSink, readFormFile } from './multipart/read-file.ts';

export type Read<Input> = { input: Input; release?: (() => Promise<void>) | undefined } | { fault: Fault };

/** Reads an input. `release` is called when the handler is done with it, whatever became of it. */
export type Reader<Input> = (request: BodyRequest) => Read<Input> | Promise<Read<Input>>;

/** The body is not looked at. */
export const nothing: Reader<undefined> = () => ({ input: undefined });

/** A text field of a JSON body, without blanks around it. */
export function text(field: string, quirks: Quirks): Reader<string> {
  return async (request) => {
    const read = await readTextField(request, field, quirks);
    return 'fault' in read ? read : { input: read.text };
  };
}

/**
 * The file of a form's field; undefined where there is none.
 * @param open called with the file's name when it begins to come
 */
export function file<Kept extends { discard(): Promise<void> }>(
  field: string,
  open: (filename: string) => Promise<FileSink<Kept>>,
  quirks: Quirks,
): Reader<Kept | undefined> {
  return async (request) => {
    const read = await readFormFile(request, field, open, quirks);
    if ('fault' in read) return read;
    if ('missing' in read) return { input: undefined };
    return { input: read.kept, release: () => read.kept.discard() };
  };
}
