/** Reads an export: plain, compressed or in an archive, in the encodings that tools write, entry by entry. */
import { readFileSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { z } from 'zod';
import { unzip } from './zip.ts';

const LARGEST = 512 * 1024 * 1024;

const text = z.union([z.string(), z.number()]).transform(String);
const headers = z
  .array(z.object({ name: z.string(), value: text.nullish().transform((value) => value ?? '') }))
  .nullish()
  .transform((list) => list ?? []);
const number = z
  .number()
  .nullish()
  .transform((value) => value ?? -1);
const word = z
  .string()
  .nullish()
  .transform((value) => value ?? '');

const param = z.object({
  name: z.string(),
  value: text.nullish(),
  fileName: z.string().nullish(),
  contentType: z.string().nullish(),
  _file: z.string().nullish(),
});

/** A text that may be Base64, which tools say in one of several places, or stand in a file beside the export. */
const body = {
  mimeType: word,
  text: z.string().nullish(),
  encoding: word,
  _encoding: word,
  comment: word,
  _file: z.string().nullish(),
};

const entry = z.object({
  startedDateTime: z.string().refine((time) => !Number.isNaN(Date.parse(time)), 'it is no time'),
  time: number,
  request: z.object({
    method: z.string().min(1),
    url: z.string().min(1),
    headers,
    cookies: headers.catch([]),
    queryString: headers.catch([]),
    bodySize: number,
    postData: z.object({ ...body, params: z.array(param).nullish() }).nullish(),
  }),
  response: z.object({
    status: number,
    statusText: word,
    headers,
    bodySize: number,
    content: z.object({ ...body, size: number }).nullish(),
  }),
  _fromCache: z.unknown().optional(),
  _webSocketMessages: z.unknown().optional(),
});

export type HarFileEntry = z.infer<typeof entry>;
export type HarFileRequest = HarFileEntry['request'];
export type HarFileResponse = HarFileEntry['response'];

export interface HarFile {
  entries: HarFileEntry[];
  /** Entries that cannot be read, each with what is wrong in it. */
  broken: string[];
  /** A body that stands in a file of its own; undefined where it is not there. */
  attached: (name: string) => Buffer | undefined;
}

/** @throws Error that says why the file is no export */
export async function readHarFile(file: string): Promise<HarFile> {
  if ((await stat(file)).size > LARGEST) throw new Error(`it is larger than ${LARGEST / 1024 / 1024} MiB`);
  const bytes = await readFile(file);
  const isZip = bytes.toString('latin1', 0, 4) === 'PK\x03\x04';
  const archive = isZip ? unzip(bytes) : undefined;
  const har = archive ? harIn(archive) : bytes;
  const attached = (name: string) => (archive ? archive.get(name)?.() : fileBeside(file, name));
  return { ...entriesOf(JSON.parse(textOf(har))), attached };
}

function harIn(archive: ReadonlyMap<string, () => Buffer>): Buffer {
  const [name, ...others] = [...archive.keys()].filter((each) => /\.har$/i.test(each));
  if (name === undefined || others.length > 0) throw new Error('the archive must have one .har file in it');
  return archive.get(name)?.() ?? Buffer.alloc(0);
}

/** Only the name counts: an export must not read files elsewhere. */
function fileBeside(har: string, name: string): Buffer | undefined {
  try {
    return readFileSync(join(dirname(har), basename(name)));
  } catch {
    return undefined;
  }
}

function textOf(bytes: Buffer): string {
  if (bytes[0] === 0x1f && bytes[1] === 0x8b) return textOf(gunzipSync(bytes, { maxOutputLength: LARGEST }));
  const mark = bytes.subarray(0, 2).toString('hex');
  const encoding = mark === 'fffe' ? 'utf-16le' : mark === 'feff' ? 'utf-16be' : 'utf-8';
  // A byte order mark is left out by the decoder.
  return new TextDecoder(encoding, { fatal: true }).decode(bytes);
}

function entriesOf(value: unknown): Pick<HarFile, 'entries' | 'broken'> {
  const log = z.object({ log: z.object({ entries: z.array(z.unknown()) }) }).safeParse(value);
  if (!log.success) throw new Error('it has no list `log.entries`');
  const entries: HarFileEntry[] = [];
  const broken: string[] = [];
  for (const each of log.data.log.entries) {
    const parsed = entry.safeParse(each);
    const [issue] = parsed.error?.issues ?? [];
    if (parsed.success) entries.push(parsed.data);
    else broken.push(`${issue?.path.join('.')}: ${issue?.message}`);
  }
  return { entries, broken };
}
