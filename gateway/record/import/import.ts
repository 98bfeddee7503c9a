/**
 * Takes an export of a browser or a proxy in as a recording: through the recorder itself, so that redaction, side files and
 * what is left out are the same as for live traffic. Tools write HAR in ways of their own; an entry whose bodies cannot be
 * told for certain is left out, with the reason.
 */
import { createMatch } from '@banyan/route-table/match.ts';
import { ANYTHING_ELSE, type RouteTable } from '@banyan/route-table/route-table.ts';
import { BanyanError } from '../../errors.ts';
import type { Recorder, StoppedRecording } from '../recorder.ts';
import type { ExchangeTap } from '../tap.ts';
import { answerBody, answerHeaders, withoutEncoding } from './answer-body.ts';
import { type HarFile, type HarFileEntry, readHarFile } from './har-file.ts';
import { headerValue, requestBody } from './request-body.ts';

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
  /** Why entries were left out, and how many for each reason. */
  reasons: Readonly<Record<string, number>>;
}

/** @throws BanyanError `recording_import`, and what the recorder throws */
export async function importRecording(options: ImportOptions): Promise<Imported> {
  const { path, name, force, table, recorder, clock } = options;
  const file = await readHarFile(path).catch((error: Error): never => {
    throw new BanyanError('recording_import', { file: path, reason: error.message }, error);
  });
  const match = createMatch(table);
  const own = file.entries.filter(({ request }) => match(pathOf(request.url)));
  if (own.length === 0) throw new BanyanError('recording_import', { file: path, reason: nothingOf(file) });
  clock.time = Math.min(...own.map(({ startedDateTime }) => Date.parse(startedDateTime)));
  await recorder.start(name, { force });
  const reasons: Record<string, number> = {};
  const leaveOut = (tap: ExchangeTap, reason: string) => {
    reasons[reason] = (reasons[reason] ?? 0) + 1;
    tap.aborted(reason);
  };
  const taps = new Map<HarFileEntry, ExchangeTap | undefined>();
  for (const { at, each, begins } of eventsOf(own)) {
    clock.time = at;
    if (begins) taps.set(each, begun(each, recorder, routeOf(each, match), file.attached, leaveOut));
    else finish(each, taps.get(each), file.attached, leaveOut);
  }
  if (file.broken.length > 0)
    reasons[`it is no entry of a HAR file (${file.broken[0]})`] = file.broken.length;
  const foreign = file.entries.length - own.length;
  return { ...(await recorder.stop({ grace: 0 })), foreign, reasons };
}

function nothingOf({ entries, broken }: HarFile): string {
  if (entries.length === 0 && broken.length > 0) return `its entries cannot be read: ${broken[0]}`;
  return 'no request in it is one for a route';
}

/** Starts and ends in the order in which they happened, whatever the order of the entries. */
function eventsOf(entries: readonly HarFileEntry[]): { at: number; each: HarFileEntry; begins: boolean }[] {
  return entries
    .flatMap((each) => {
      const start = Date.parse(each.startedDateTime);
      return [
        { at: start, each, begins: true },
        { at: start + Math.max(each.time, SHORTEST), each, begins: false },
      ];
    })
    .sort((a, b) => a.at - b.at || Number(a.begins) - Number(b.begins));
}

/** An exchange that took no time, or of which a tool does not say how long it took, ends after it began. Milliseconds. */
const SHORTEST = 0.001;

type LeaveOut = (tap: ExchangeTap, reason: string) => void;

/** @returns undefined where it was left out already */
function begun(
  { request }: HarFileEntry,
  recorder: Recorder,
  routeKey: string,
  attached: HarFile['attached'],
  leaveOut: LeaveOut,
): ExchangeTap | undefined {
  const url = new URL(request.url);
  const headers = request.headers.filter(({ name }) => name !== '' && !name.startsWith(':'));
  if (headerValue(headers, 'host') === undefined) headers.unshift({ name: 'Host', value: url.host });
  if (headerValue(headers, 'cookie') === undefined && request.cookies.length > 0)
    headers.push({
      name: 'Cookie',
      value: request.cookies.map(({ name, value }) => `${name}=${value}`).join('; '),
    });
  const body = requestBody(request, attached);
  const rawHeaders = withoutEncoding(headers, 'bytes' in body ? body.bytes : Buffer.alloc(0));
  const method = request.method.toUpperCase();
  const tap = recorder.begin({
    method,
    target: targetOf(url, request),
    httpVersion: '1.1',
    rawHeaders,
    routeKey,
  });
  if ('reason' in body) {
    leaveOut(tap, body.reason);
    return undefined;
  }
  if (body.bytes.length > 0) tap.requestBody(body.bytes);
  tap.requestEnd();
  return tap;
}

/** Some tools leave the query out of the URL and list it. */
function targetOf(url: URL, { queryString }: HarFileEntry['request']): string {
  if (url.search !== '' || queryString.length === 0) return `${url.pathname}${url.search}`;
  const pairs = queryString.map(
    ({ name, value }) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`,
  );
  return `${url.pathname}?${pairs.join('&')}`;
}

function finish(
  entry: HarFileEntry,
  tap: ExchangeTap | undefined,
  attached: HarFile['attached'],
  leaveOut: LeaveOut,
): void {
  if (!tap) return;
  const { response } = entry;
  const reason = notAnswered(entry);
  const body = answerBody(entry, attached);
  if (reason !== undefined || 'reason' in body) {
    leaveOut(tap, reason ?? ('reason' in body ? body.reason : ''));
    return;
  }
  tap.response({
    status: response.status,
    reason: response.statusText,
    rawHeaders: answerHeaders(response, body.bytes),
    backend: 'legacy',
  });
  if (body.bytes.length > 0) tap.responseBody(body.bytes);
  tap.end();
}

/** Entries in which the application did not answer, or not with one answer. */
function notAnswered({ request, response, ...entry }: HarFileEntry): string | undefined {
  if (response.status === 101 || /^wss?:/i.test(request.url) || entry._webSocketMessages !== undefined)
    return 'it is a WebSocket, whose messages are not recorded';
  if (response.status < 100 || response.status > 599) return 'the browser shows no answer';
  if (entry._fromCache !== undefined && entry._fromCache !== null && entry._fromCache !== false)
    return 'the browser answered it from its cache';
  return undefined;
}

function routeOf({ request }: HarFileEntry, match: ReturnType<typeof createMatch>): string {
  const routes = match(pathOf(request.url))?.routes;
  const asked = request.method.toUpperCase();
  const method = asked === 'HEAD' ? 'GET' : asked;
  return (routes?.find((route) => route.method === method) ?? routes?.[0])?.key ?? ANYTHING_ELSE;
}

/** Empty for an address that is not the web's: `blob:`, `data:`, an extension's. */
function pathOf(url: string): string {
  return /^(?:https?|wss?):/i.test(url) && URL.canParse(url) ? new URL(url).pathname : '';
}
