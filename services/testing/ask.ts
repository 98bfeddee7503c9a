/** Asks a new backend in this process, as the gateway does. */
import { Readable } from 'node:stream';
import { routeTable } from '../../contract/routes.ts';
import type { Internal } from '../internal.ts';
import { createNewBackend, type NewBackend, type NewBackendOptions } from '../new-backend.ts';
import { type QuirkName, quirksWithout } from '../quirks.ts';
import type { TestState } from './state.ts';

export interface Asked {
  status: number;
  /** The body as it is. */
  text: string;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every shape
  json: any;
}

export interface AskOptions {
  type?: string;
  body?: string | Uint8Array | Readable;
  internal?: Internal;
}

export type Ask = (request: string, options?: AskOptions) => Promise<Asked>;

/** @param retired quirks that it does not have */
export function backendOn(
  state: TestState,
  retired: readonly QuirkName[] = [],
  options: Pick<NewBackendOptions, 'uploadPatience'> = {},
): NewBackend {
  return createNewBackend({
    table: routeTable,
    llamaParse: false,
    quirks: quirksWithout(retired),
    openState: async () => state,
    ...options,
  });
}

/** @returns what takes `GET /api/chats` to its answer */
export function asking(backend: NewBackend): Ask {
  return async (request, { type = 'application/json', body, internal } = {}) => {
    const [method = '', target = ''] = request.split(' ');
    const { status, body: bytes } = await backend.handle(
      {
        method,
        target,
        rawHeaders: ['Host', 'a', 'Content-Type', type],
        ...(body !== undefined && {
          body: body instanceof Readable ? body : Readable.from([Buffer.from(body)]),
        }),
        ...(internal && { internal }),
      },
      new AbortController().signal,
    );
    const text = Buffer.from(bytes).toString();
    return { status, text, json: text.startsWith('<') ? undefined : JSON.parse(text || 'null') };
  };
}

/** A form with one file, as browsers send it. */
export const formType = 'multipart/form-data; boundary=b';
export function form(filename: string, content: Uint8Array = Buffer.from('%PDF-1.4')): Buffer {
  const head = `--b\r\nContent-Disposition: form-data; name="pdf"; filename="${filename}"\r\nContent-Type: application/pdf\r\n\r\n`;
  return Buffer.concat([Buffer.from(head), content, Buffer.from('\r\n--b--\r\n')]);
}
