/**
 * Takes a HAR file that a browser exported in as a recording: through the recorder itself, so that redaction, side files
 * and what is left out are the same as for live traffic.
 */
import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { createMatch } from '../../contract/match.ts';
import { ANYTHING_ELSE, type RouteTable } from '../../contract/route-table.ts';
import { BanyanError } from '../errors.ts';
import type { ExchangeTap, Recorder, StoppedRecording } from './recorder.ts';

const header = z.object({ name: z.string(), value: z.string() });
const entry = z.object({
  startedDateTime: z.iso.datetime({ offset: true }),
  time: z.number(),
  request: z.object({
    method: z.string(),
    url: z.string(),
    headers: z.array(header),
    bodySize: z.number().default(-1),
    postData: z.object({ mimeType: z.string().default(''), text: z.string().optional() }).optional(),
  }),
  response: z.object({
    status: z.int(),
    statusText: z.string(),
    headers: z.array(header),
    content: z.object({ size: z.number(), text: z.string().optional(), encoding: z.string().optional() }),
  }),
});
type Entry = z.infer<typeof entry>;
const har = z.object({ log: z.object({ entries: z.array(entry) }) });

export interface ImportOptions {
  /** Where the browser's export is. */
  path: string;
  name: string;
  force: boolean;
  table: RouteTable;
  /** An idle one whose clock is `clock`. */
  recorder: Recorder;
  /** Set to each moment of the export as it is replayed into the recorder. */
  clock: { time: number };
}

export interface Imported extends StoppedRecording {
  /** Entries for other addresses than those of the application: its pages, other sites. */
  foreign: number;
}

/** @throws BanyanError `recording_import`, and what the recorder throws */
export async function importRecording(options: ImportOptions): Promise<Imported> {
  const { path, name, force, table, recorder, clock } = options;
  const all = await entriesOf(path);
  const match = createMatch(table);
  const own = all.filter(({ request }) => match(pathOf(request.url)));
  if (own.length === 0)
    throw new BanyanError('recording_import', { file: path, reason: 'no request in it is one for a route' });
  const origins = new Set(own.map(({ request }) => new URL(request.url).origin));
  clock.time = Date.parse(own[0]?.startedDateTime ?? '');
  await recorder.start(name, { force });
  const taps = new Map<Entry, ExchangeTap>();
  for (const { at, each, begins } of eventsOf(own)) {
    clock.time = at;
    if (begins) taps.set(each, begun(each, recorder, routeOf(each, match)));
    else finish(each, taps.get(each));
  }
  const foreign = all.filter(
    ({ request }) => !origins.has(originOf(request.url)) || !match(pathOf(request.url)),
  ).length;
  return { ...(await recorder.stop({ grace: 0 })), foreign };
}

async function entriesOf(file: string): Promise<Entry[]> {
  const fail = (reason: string, cause?: unknown): never => {
    throw new BanyanError('recording_import', { file, reason }, cause);
  };
  const text = await readFile(file, 'utf8').catch((error: Error) => fail(error.message, error));
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    fail((error as Error).message, error);
  }
  const parsed = har.safeParse(value);
  if (parsed.success) return parsed.data.log.entries;
  const [issue] = parsed.error.issues;
  return fail(`${issue?.path.join('.')}: ${issue?.message}`);
}

/** Starts and ends in the order in which they happened. */
function eventsOf(entries: readonly Entry[]): { at: number; each: Entry; begins: boolean }[] {
  return entries
    .flatMap((each) => {
      const start = Date.parse(each.startedDateTime);
      return [
        { at: start, each, begins: true },
        { at: start + Math.max(each.time, 0), each, begins: false },
      ];
    })
    .sort((a, b) => a.at - b.at || Number(a.begins) - Number(b.begins));
}

function begun({ request }: Entry, recorder: Recorder, routeKey: string): ExchangeTap {
  const url = new URL(request.url);
  const target = `${url.pathname}${url.search}`;
  const headers = request.headers.filter(({ name }) => !name.startsWith(':'));
  const host = headers.some(({ name }) => name.toLowerCase() === 'host') ? [] : ['Host', url.host];
  const rawHeaders = [...host, ...headers.flatMap(({ name, value }) => [name, value])];
  const tap = recorder.begin({ method: request.method, target, httpVersion: '1.1', rawHeaders, routeKey });
  if (request.postData?.text) tap.requestBody(Buffer.from(request.postData.text, 'utf8'));
  tap.requestEnd();
  return tap;
}

function finish({ request, response }: Entry, tap: ExchangeTap | undefined): void {
  const lacking = lackOf(request, response);
  if (lacking) {
    tap?.aborted(lacking);
    return;
  }
  const { content } = response;
  const body = Buffer.from(content.text ?? '', content.encoding === 'base64' ? 'base64' : 'utf8');
  tap?.response({
    status: response.status,
    reason: response.statusText,
    rawHeaders: decoded(response.headers, body.length),
    backend: 'legacy',
  });
  if (body.length > 0) tap?.responseBody(body);
  tap?.end();
}

/** What browsers leave out of an export: an upload's file, a body that was evicted, an answer that never came. */
function lackOf(request: Entry['request'], response: Entry['response']): string | undefined {
  if (response.status === 0) return 'the browser shows no answer';
  if (response.content.size > 0 && response.content.text === undefined)
    return 'the browser did not export the body of the answer';
  const { postData, bodySize } = request;
  const length = Buffer.byteLength(postData?.text ?? '');
  if (/^multipart\//i.test(postData?.mimeType ?? '') && length < Math.max(bodySize, 1))
    return 'the browser did not export the file that was uploaded';
  return undefined;
}

/** Bodies are exported without their content encoding, so the headers must not name one. */
function decoded(headers: Entry['response']['headers'], length: number): string[] {
  const encoded = headers.some(({ name }) => name.toLowerCase() === 'content-encoding');
  return headers
    .filter(({ name }) => !name.startsWith(':') && !(encoded && name.toLowerCase() === 'content-encoding'))
    .flatMap(({ name, value }) => [
      name,
      encoded && name.toLowerCase() === 'content-length' ? String(length) : value,
    ]);
}

function routeOf({ request }: Entry, match: ReturnType<typeof createMatch>): string {
  const routes = match(pathOf(request.url))?.routes;
  const method = request.method === 'HEAD' ? 'GET' : request.method;
  return (routes?.find((route) => route.method === method) ?? routes?.[0])?.key ?? ANYTHING_ELSE;
}

const pathOf = (url: string) => (URL.canParse(url) ? new URL(url).pathname : '');
const originOf = (url: string) => (URL.canParse(url) ? new URL(url).origin : '');
