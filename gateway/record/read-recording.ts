/** Reads recordings: HAR 1.2 with Banyan's own fields. contract-tests/README.md explains them. */
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { brotliDecompress } from 'node:zlib';
import type { Answer } from '@banyan/compare/answer.ts';
import type { BackendName, RouteKey } from '@banyan/route-table/route-table.ts';
import { z } from 'zod';

/** A recorded exchange. Header values are Latin-1, a character a byte, as Node has them. */
export interface RecordedExchange {
  /** Its place in the recording, from 0. */
  index: number;
  method: string;
  target: string;
  rawHeaders: string[];
  /** The request's body; undefined where there was none. */
  body: Buffer | undefined;
  answer: Answer;
  route: RouteKey;
  backend: BackendName;
  /** A was over before B began where A.end < B.start. */
  start: number;
  end: number;
  /** When it was recorded, in milliseconds since 1970. */
  recordedAt: number;
}

export interface Recording {
  name: string;
  exchanges: RecordedExchange[];
  /** Exchanges that passed while it was made and are not in it. */
  leftOut: number;
  /** A folder with the legacy app's files, from which it starts; undefined: with nothing. */
  state?: string | undefined;
}

/** A file that is not a recording, with the first thing that is wrong with it. */
class RecordingError extends Error {}

const uncompressed = promisify(brotliDecompress);

const stretch = z.union([
  z.strictObject({ text: z.string() }),
  z.strictObject({ base64: z.base64() }),
  z.strictObject({ file: z.string().regex(/^[0-9a-f]{64}$/), size: z.int() }),
]);
type Stretch = z.infer<typeof stretch>;

const headers = z.array(z.object({ name: z.string().min(1), value: z.string() }));

const entry = z.object({
  startedDateTime: z.iso.datetime({ offset: true }),
  time: z.number(),
  request: z.object({
    method: z.string().min(1),
    url: z.string().regex(/^https?:\/\//),
    httpVersion: z.string(),
    headers,
    postData: z
      .object({ mimeType: z.string(), text: z.string().default(''), _body: z.array(stretch).optional() })
      .optional(),
    _target: z.string().optional(),
  }),
  response: z.object({
    status: z.int().min(100).max(599),
    statusText: z.string(),
    headers,
    content: z.object({
      size: z.int(),
      text: z.string().optional(),
      encoding: z.literal('base64').optional(),
      _body: z.array(stretch).optional(),
    }),
  }),
  _route: z.string().min(1),
  _backend: z.enum(['legacy', 'new']),
  _sequence: z.object({ start: z.int(), end: z.int() }),
});

const har = z.object({
  log: z.object({
    version: z.literal('1.2'),
    entries: z.array(entry),
    /** A folder beside the recording: `states/NAME`. */
    _state: z
      .string()
      .regex(/^[A-Za-z0-9][\w-]*$/)
      .optional(),
    _leftOut: z.array(z.unknown()).default([]),
  }),
});

/** Names of the recordings in a folder, sorted. */
export async function listRecordings(folder: string): Promise<string[]> {
  const files = await readdir(folder).catch(() => []);
  return files
    .filter((file) => /^[^.].*\.har$/.test(file))
    .map((file) => file.slice(0, -'.har'.length))
    .sort();
}

/**
 * Reads a recording and the files beside it.
 * @throws RecordingError that names the file and what is wrong in it
 */
export async function readRecording(path: string): Promise<Recording> {
  const text = await readFile(path, 'utf8').catch((error: Error) => fail(path, error.message));
  const parsed = har.safeParse(parse(path, text));
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    return fail(path, `${issue?.path.join('.')}: ${issue?.message}`);
  }
  const { entries, _leftOut, _state } = parsed.data.log;
  const sorted = entries.toSorted((a, b) => a._sequence.start - b._sequence.start);
  const state = _state === undefined ? {} : { state: join(dirname(path), 'states', _state) };
  const exchanges: RecordedExchange[] = [];
  for (const [index, each] of sorted.entries()) exchanges.push(await exchangeOf(path, each, index));
  return { name: basename(path, '.har'), exchanges, leftOut: _leftOut.length, ...state };
}

async function exchangeOf(
  path: string,
  each: z.infer<typeof entry>,
  index: number,
): Promise<RecordedExchange> {
  const { request, response, _route, _backend, _sequence } = each;
  const { postData } = request;
  const { content } = response;
  const stretches = content._body ?? [
    content.encoding ? { base64: content.text ?? '' } : { text: content.text ?? '' },
  ];
  return {
    index,
    method: request.method,
    target: request._target ?? request.url.replace(/^https?:\/\/[^/]*/, ''),
    rawHeaders: request.headers.flatMap(({ name, value }) => [name, value]),
    body: postData && (await bytesOf(path, postData._body ?? [{ text: postData.text }])),
    answer: {
      status: response.status,
      reason: response.statusText,
      rawHeaders: response.headers.flatMap(({ name, value }) => [name, value]),
      body: await bytesOf(path, stretches),
    },
    route: _route,
    backend: _backend,
    recordedAt: Date.parse(each.startedDateTime),
    ..._sequence,
  };
}

async function bytesOf(path: string, stretches: readonly Stretch[]): Promise<Buffer> {
  return Buffer.concat(await Promise.all(stretches.map((each) => stretchBytes(path, each))));
}

async function stretchBytes(path: string, each: Stretch): Promise<Buffer> {
  if ('text' in each) return Buffer.from(each.text, 'utf8');
  if ('base64' in each) return Buffer.from(each.base64, 'base64');
  const side = join(dirname(path), 'files', each.file);
  const bytes = await readFile(side)
    .catch(async () => uncompressed(await readFile(`${side}.br`)))
    .catch(() => fail(path, `files/${each.file} is missing`));
  const hash = createHash('sha256').update(bytes).digest('hex');
  return hash === each.file
    ? bytes
    : fail(path, `files/${each.file} is not what its name says: its hash is ${hash}`);
}

function parse(path: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    return fail(path, (error as Error).message);
  }
}

function fail(path: string, why: string): never {
  throw new RecordingError(`${basename(path)} is not a recording: ${why}`);
}
