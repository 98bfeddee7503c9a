/** Writes the HAR file from the spool: one exchange at a time, whole or not at all. */
import { createReadStream, createWriteStream } from 'node:fs';
import { chmod, copyFile, mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { constants, createBrotliCompress } from 'node:zlib';
import type { HarEntry, HarLog, Stretch } from './har.ts';
import type { Spool } from './spool.ts';

export interface Assembly {
  /** Folder of the recordings. */
  folder: string;
  name: string;
  spool: Spool;
  log: Omit<HarLog, 'entries'>;
}

/**
 * Large bodies first, so that a recording never names a file that is not there; then the recording itself, under its
 * name only once it is complete. Indented, a line a value, so that two versions differ by lines.
 * @returns the path of the HAR file
 */
export async function assemble({ folder, name, spool, log }: Assembly): Promise<string> {
  const file = join(folder, `${name}.har`);
  const unfinished = join(folder, `.${name}.har.unfinished`);
  await mkdir(join(folder, 'files'), { recursive: true });
  const handle = await open(unfinished, 'w');
  try {
    const { version, creator, comment, pages, ...rest } = log;
    const head = JSON.stringify({ version, creator, comment, pages }, null, 2).slice(0, -2);
    await handle.write(`{\n"log": ${head},\n  "entries": [`);
    let between = '\n';
    for (const entry of spool.entries<HarEntry>()) {
      for (const sha256 of filesOf(entry)) await keep(spool.pathOf(sha256), join(folder, 'files', sha256));
      await handle.write(between + indented(entry));
      between = ',\n';
    }
    await handle.write(`\n  ],\n${JSON.stringify(rest, null, 2).slice(2)}\n}\n`);
    await handle.sync();
  } catch (fault) {
    await handle.close();
    await rm(unfinished, { force: true });
    throw fault;
  }
  await handle.close();
  await rename(unfinished, file);
  return file;
}

/** Line feeds alone: U+2028 is a line to a regular expression, and stands in strings as it is. */
const indented = (value: object) => `    ${JSON.stringify(value, null, 2).replaceAll('\n', '\n    ')}`;

function filesOf(entry: HarEntry): string[] {
  const stretches: Stretch[] = [
    ...(entry.request.postData?._body ?? []),
    ...(entry.response.content._body ?? []),
  ];
  return stretches.flatMap((stretch) => ('file' in stretch ? [stretch.file] : []));
}

/** Larger files are kept compressed where that makes them small: a file of 50 MiB does not belong into a repository. */
const LARGE = 1024 * 1024;

/** The name is the content's hash: what is there already is the same. `.br` is the same, compressed. */
async function keep(from: string, to: string): Promise<void> {
  for (const there of [to, `${to}.br`]) if (await stat(there).catch(() => undefined)) return;
  const { size } = await stat(from);
  const unfinished = `${to}.unfinished`;
  if (size < LARGE) await copyFile(from, unfinished);
  else await pipeline(createReadStream(from), createBrotliCompress(quick), createWriteStream(unfinished));
  await chmod(unfinished, 0o644);
  await rename(unfinished, size < LARGE ? to : `${to}.br`);
}

const quick = { params: { [constants.BROTLI_PARAM_QUALITY]: 5 } };
