/**
 * Where a recording under way lives: a folder with one line for each exchange and one file for each large body, so that
 * memory holds neither. Only what was redacted is handed to it.
 *
 * Writes are synchronous: each is a copy into the page cache, and an upload then never piles up in memory behind a slow
 * disk.
 */
import { createHash, type Hash } from 'node:crypto';
import { closeSync, existsSync, mkdirSync, openSync, readSync, renameSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';

export interface SideFile {
  sha256: string;
  size: number;
}

export class Spool {
  readonly #folder: string;
  readonly #entries: number;
  readonly #lines: { order: number; at: number; length: number }[] = [];
  #length = 0;
  #parts = 0;

  /** Empties the folder: what is in it is left from a gateway that was killed. */
  constructor(folder: string) {
    this.#folder = folder;
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
    this.#entries = openSync(join(folder, 'entries'), 'w+', 0o600);
  }

  /** Keeps one exchange; `order` is its place in the recording. */
  add(order: number, entry: object): void {
    const line = Buffer.from(JSON.stringify(entry), 'utf8');
    writeSync(this.#entries, line, 0, line.length, this.#length);
    this.#lines.push({ order, at: this.#length, length: line.length });
    this.#length += line.length;
  }

  /** The exchanges by their place, one at a time in memory. */
  *entries<T>(): Generator<T> {
    for (const { at, length } of this.#lines.toSorted((a, b) => a.order - b.order)) {
      const line = Buffer.alloc(length);
      readSync(this.#entries, line, 0, length, at);
      yield JSON.parse(line.toString('utf8')) as T;
    }
  }

  part(): SpooledPart {
    this.#parts += 1;
    return new SpooledPart(this.#folder, String(this.#parts));
  }

  pathOf(sha256: string): string {
    return join(this.#folder, sha256);
  }

  remove(): void {
    closeSync(this.#entries);
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

/** One large body on its way to a file named by its hash. */
export class SpooledPart {
  readonly #folder: string;
  readonly #path: string;
  readonly #file: number;
  readonly #hash: Hash = createHash('sha256');
  #size = 0;

  constructor(folder: string, name: string) {
    this.#folder = folder;
    this.#path = join(folder, `${name}.part`);
    this.#file = openSync(this.#path, 'w', 0o600);
  }

  write(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; ) at += writeSync(this.#file, bytes, at);
    this.#hash.update(bytes);
    this.#size += bytes.length;
  }

  done(): SideFile {
    closeSync(this.#file);
    const sha256 = this.#hash.digest('hex');
    const path = join(this.#folder, sha256);
    if (existsSync(path)) rmSync(this.#path);
    else renameSync(this.#path, path);
    return { sha256, size: this.#size };
  }

  drop(): void {
    closeSync(this.#file);
    rmSync(this.#path, { force: true });
  }
}
