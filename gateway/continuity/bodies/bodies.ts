/**
 * Bodies of writes, read whole before anything is decided: a slow client then holds nothing. Small ones are kept in memory
 * and in the journal's row, large ones in a file named by its hash, synced before the write is admitted.
 */
import { createHash, randomUUID } from 'node:crypto';
import { createReadStream, rmSync } from 'node:fs';
import { type FileHandle, mkdir, open, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';

/** Larger bodies go to the disk, in bytes. */
const inMemory = 256 * 1024;

/** In milliseconds: a write is admitted long before. */
const stillNew = 3_600_000;

/** `head`: its beginning, as long as the write that it came with is under way. */
export type Body = { bytes: Uint8Array } | { file: string; head?: Uint8Array };

export class Bodies {
  readonly #folder: string;
  /** Files that a write may be about to be admitted with, and since when. */
  readonly #recent = new Map<string, number>();

  /** @param folder is made when it is first needed */
  constructor(folder: string) {
    this.#folder = folder;
  }

  /** @param largest bytes that are kept in memory */
  async read(body: Readable | undefined, largest = inMemory): Promise<Body | undefined> {
    if (!body) return undefined;
    const chunks: Uint8Array[] = [];
    let length = 0;
    const rest = body[Symbol.asyncIterator]() as AsyncIterator<Uint8Array>;
    for (let next = await rest.next(); !next.done; next = await rest.next()) {
      chunks.push(next.value);
      length += next.value.byteLength;
      if (length > largest) {
        const head = Buffer.concat(chunks);
        return { file: await this.#spool([head], rest), head };
      }
    }
    return { bytes: Buffer.concat(chunks) };
  }

  stream(body: Body): Readable {
    if ('bytes' in body) return Readable.from([Buffer.from(body.bytes)], { objectMode: false });
    return createReadStream(this.#pathOf(body.file));
  }

  /** Removes a file that no entry names any more, unless one may be about to. */
  removeOld(file: string): void {
    const since = Date.now() - stillNew;
    for (const [name, time] of this.#recent) if (time < since) this.#recent.delete(name);
    // In one turn with the look: a file of that name may come in at any moment.
    if (!this.#recent.has(file)) rmSync(this.#pathOf(file), { force: true });
  }

  #pathOf(file: string): string {
    return join(this.#folder, file);
  }

  async #spool(first: Uint8Array[], rest: AsyncIterator<Uint8Array>): Promise<string> {
    await mkdir(this.#folder, { recursive: true });
    const part = this.#pathOf(`${randomUUID()}.part`);
    const handle = await open(part, 'wx');
    try {
      const file = await fill(handle, first, rest);
      await handle.sync();
      this.#recent.set(file, Date.now());
      await rename(part, this.#pathOf(file));
      await syncFolder(this.#folder);
      return file;
    } catch (error) {
      await rm(part, { force: true });
      throw error;
    } finally {
      await handle.close();
    }
  }
}

async function fill(
  handle: FileHandle,
  first: Uint8Array[],
  rest: AsyncIterator<Uint8Array>,
): Promise<string> {
  const hash = createHash('sha256');
  const take = async (chunk: Uint8Array) => {
    hash.update(chunk);
    await handle.writeFile(chunk);
  };
  for (const chunk of first) await take(chunk);
  for (let next = await rest.next(); !next.done; next = await rest.next()) await take(next.value);
  return hash.digest('hex');
}

/** A file whose name is not on the disk is not there after a loss of power. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
