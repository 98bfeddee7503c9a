/**
 * Bodies of writes, read whole before anything is decided: a slow client then holds nothing. Small ones are kept in memory
 * and in the journal's row, large ones in a file named by its hash, synced before the write is admitted.
 */
import { createHash, randomUUID } from 'node:crypto';
import { createReadStream, rmSync } from 'node:fs';
import { type FileHandle, mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { BanyanError } from '../../errors.ts';
import { asDiskFull, Room } from './room.ts';

/** Larger bodies go to the disk, in bytes. */
const inMemory = 256 * 1024;

/** `head`: its beginning, as long as the write that it came with is under way. */
export type Body = { bytes: Uint8Array } | { file: string; head?: Uint8Array };

export interface ReadOptions {
  /** Bytes that are kept in memory. */
  keep?: number;
  /** Bytes that the route takes. */
  largest?: number;
  /** What the request's head says of its length, in bytes. */
  announced?: number;
}

export interface BodiesUse {
  /** Files on the disk. */
  files: number;
  /** What they and unfinished ones take, in bytes. */
  bytes: number;
  /** What they may take. */
  most: number;
}

export interface BodiesOptions {
  /** Whether an entry of the journal may still be sent with a file. */
  isNeeded: (file: string) => Promise<boolean>;
  room?: Room;
}

export class Bodies {
  readonly #folder: string;
  readonly #options: BodiesOptions;
  readonly #room: Room;
  /** What is on the disk: its size, how many writes are under way with it, and whether nothing else may need it. */
  readonly #files = new Map<string, { bytes: number; uses: number; isLoose: boolean }>();

  /** @param folder is made when it is first needed */
  constructor(folder: string, options: BodiesOptions) {
    this.#folder = folder;
    this.#options = options;
    this.#room = options.room ?? new Room();
  }

  /** Counts what an earlier process left, and removes what it had not finished or no entry needs any more. */
  async recover(needed: ReadonlySet<string>): Promise<void> {
    for (const name of await readdir(this.#folder).catch(() => [])) {
      const path = this.#pathOf(name);
      if (!needed.has(name)) await rm(path, { force: true });
      else this.#add(name, (await stat(path)).size);
    }
  }

  get use(): BodiesUse {
    return { files: this.#files.size, bytes: this.#room.taken, most: this.#room.most };
  }

  /**
   * Reads a body to its end. `release` is owed for what it returns.
   * @throws BanyanError `body_too_large` as soon as it is; `bodies_full`, `disk_full`: nothing is kept of it then
   */
  async read(body: Readable | undefined, options: ReadOptions = {}): Promise<Body | undefined> {
    if (!body) return undefined;
    const { keep = inMemory, largest = Number.POSITIVE_INFINITY, announced = 0 } = options;
    const tooLarge = () => new BanyanError('body_too_large', { largest });
    if (announced > largest) throw tooLarge();
    const rest = limited(body, largest, tooLarge);
    const chunks: Uint8Array[] = [];
    let length = 0;
    for (let next = await rest.next(); !next.done; next = await rest.next()) {
      chunks.push(next.value);
      length += next.value.byteLength;
      if (length > keep) {
        const head = Buffer.concat(chunks);
        return { file: await this.#spool([head], rest), head };
      }
    }
    return { bytes: Buffer.concat(chunks) };
  }

  /** The write that a body was read for is over; what no entry needs of it goes. */
  release(body: Body | undefined): void {
    const kept = body && 'file' in body ? this.#files.get(body.file) : undefined;
    if (!kept || !body || !('file' in body)) return;
    kept.uses -= 1;
    if (kept.isLoose) void this.remove(body.file);
  }

  stream(body: Body): Readable {
    if ('bytes' in body) return Readable.from([Buffer.from(body.bytes)], { objectMode: false });
    return createReadStream(this.#pathOf(body.file));
  }

  /** Removes a file unless an entry needs it, at once or when the writes with it that are under way are over. */
  async remove(file: string): Promise<void> {
    const kept = this.#files.get(file);
    if (!kept) return;
    kept.isLoose = true;
    if (kept.uses > 0) return;
    const isNeeded = await this.#options.isNeeded(file).catch(() => true);
    if (isNeeded) kept.isLoose = false;
    // In one turn with the removal: a write with the same content may have come in meanwhile, and even be over.
    if (kept.uses > 0 || !kept.isLoose || this.#files.get(file) !== kept) return;
    rmSync(this.#pathOf(file), { force: true });
    this.#files.delete(file);
    this.#room.give(kept.bytes);
  }

  /** @throws BanyanError `disk_full` where a write could not be journaled any more */
  async checkDisk(): Promise<void> {
    try {
      await this.#room.look(this.#folder);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw asDiskFull(error);
      await mkdir(this.#folder, { recursive: true }).catch((fault: unknown) => {
        throw asDiskFull(fault);
      });
      await this.#room.look(this.#folder);
    }
  }

  #pathOf(file: string): string {
    return join(this.#folder, file);
  }

  #add(file: string, bytes: number): void {
    this.#files.set(file, { bytes, uses: 0, isLoose: false });
    this.#room.give(-bytes);
  }

  async #spool(first: Uint8Array[], rest: AsyncIterator<Uint8Array>): Promise<string> {
    let bytes = 0;
    const take = async (length: number) => {
      await this.#room.take(this.#folder, length);
      bytes += length;
    };
    const part = this.#pathOf(`${randomUUID()}.part`);
    let file: string | undefined;
    try {
      await mkdir(this.#folder, { recursive: true });
      await using handle = await open(part, 'wx');
      file = await fill(handle, first, rest, take);
      await handle.sync();
      // Before it has its name: from then on a removal of the same content would take it away.
      this.#use(file, bytes);
      await rename(part, this.#pathOf(file));
      await syncFolder(this.#folder);
      return file;
    } catch (error) {
      await rm(part, { force: true });
      if (file === undefined) this.#room.give(bytes);
      else this.release({ file });
      throw asDiskFull(error);
    }
  }

  /** A write is under way with a file, whose bytes were counted while they were written. */
  #use(file: string, bytes: number): void {
    const kept = this.#files.get(file);
    if (!kept) {
      this.#files.set(file, { bytes, uses: 1, isLoose: false });
      return;
    }
    // The same content is there already, and is replaced by itself.
    this.#room.give(bytes);
    kept.uses += 1;
    kept.isLoose = false;
  }
}

async function* limited(
  body: Readable,
  largest: number,
  tooLarge: () => BanyanError,
): AsyncGenerator<Uint8Array, void> {
  let length = 0;
  // The client is still to get an answer, so what is not read does not end the request.
  const chunks: AsyncIterable<Uint8Array> = body.iterator({ destroyOnReturn: false });
  for await (const chunk of chunks) {
    length += chunk.byteLength;
    if (length > largest) throw tooLarge();
    yield chunk;
  }
}

async function fill(
  handle: FileHandle,
  first: Uint8Array[],
  rest: AsyncIterator<Uint8Array>,
  taking: (bytes: number) => Promise<void>,
): Promise<string> {
  const hash = createHash('sha256');
  const take = async (chunk: Uint8Array) => {
    await taking(chunk.byteLength);
    hash.update(chunk);
    await handle.writeFile(chunk);
  };
  for (const chunk of first) await take(chunk);
  for (let next = await rest.next(); !next.done; next = await rest.next()) await take(next.value);
  return hash.digest('hex');
}

/** A file whose name is not on the disk is not there after a loss of power. */
export async function syncFolder(folder: string): Promise<void> {
  await using handle = await open(folder, 'r');
  await handle.sync();
}
