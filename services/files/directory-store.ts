/** Files in a folder of this machine, `ab/abcdef…` by their hash. Several processes may share it. */
import { createHash, randomUUID } from 'node:crypto';
import {
  type FileHandle,
  link,
  mkdir,
  open,
  readdir,
  realpath,
  rename,
  rm,
  stat,
  unlink,
} from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { startOf } from '@banyan/operations/processes/processes.mjs';
import { FileMissingError, type FileStore, type FileWriter, type StoredFile } from './file-store.ts';

/** Bytes after which what is written goes to the disk, so that the last sync has little to do. */
const syncEvery = 8 * 1024 ** 2;
/** How many hashes `keep` is asked for at once. */
const sweptAtOnce = 500;
/** A sweep that meets an upload of the same file takes it away for an instant. */
const lookAgain = [20, 100, 300];

/** Opens it, and clears away what processes that are dead now had begun. */
export async function openDirectoryStore(folder: string): Promise<FileStore> {
  await mkdir(join(folder, incoming), { recursive: true });
  const store = new DirectoryStore(await realpath(folder));
  await store.clearIncoming();
  return store;
}

const incoming = 'incoming';
const hash = /^[0-9a-f]{64}$/;

class DirectoryStore implements FileStore {
  readonly #folder: string;
  readonly #mine = `${process.pid}-${encodeURIComponent(startOf(process.pid))}`;

  constructor(folder: string) {
    this.#folder = folder;
  }

  async begin(): Promise<FileWriter> {
    const path = this.#draft();
    return new DirectoryWriter(await open(path, 'wx', 0o600), path, (sha256) => this.#accept(path, sha256));
  }

  async open(sha256: string) {
    const path = this.#pathOf(sha256);
    for (const wait of lookAgain) {
      if (await exists(path)) return { path, release: async () => {} };
      await delay(wait);
    }
    throw new FileMissingError(sha256);
  }

  async remove(sha256: string): Promise<void> {
    await rm(this.#pathOf(sha256), { force: true });
  }

  async sweep(grace: number, keep: (hashes: string[]) => Promise<ReadonlySet<string>>): Promise<number> {
    await this.clearIncoming();
    const before = Date.now() - grace * 1000;
    let swept = 0;
    for await (const hashes of this.#storedBefore(before)) {
      const kept = await keep(hashes);
      for (const sha256 of hashes)
        if (!kept.has(sha256) && (await this.#removeUnlessNewer(sha256, before))) swept++;
    }
    return swept;
  }

  async close(): Promise<void> {}

  async clearIncoming(): Promise<void> {
    for (const name of await readdir(join(this.#folder, incoming))) {
      const [pid = '', start = ''] = name.split('-');
      if (encodeURIComponent(startOf(Number(pid))) !== start || start === '')
        await rm(join(this.#folder, incoming, name), { force: true });
    }
  }

  /** A name that says whose it is. */
  #draft(): string {
    return join(this.#folder, incoming, `${this.#mine}-${randomUUID()}`);
  }

  #pathOf(sha256: string): string {
    return join(this.#folder, sha256.slice(0, 2), sha256);
  }

  /** Takes the place of an older copy too: whoever sweeps sees by the time that it was wanted again. */
  async #accept(path: string, sha256: string): Promise<void> {
    const folder = join(this.#folder, sha256.slice(0, 2));
    if (await mkdir(folder, { recursive: true })) await syncFolder(this.#folder);
    await rename(path, this.#pathOf(sha256));
    await syncFolder(folder);
  }

  async *#storedBefore(moment: number): AsyncGenerator<string[]> {
    let found: string[] = [];
    for (const prefix of await readdir(this.#folder)) {
      if (!/^[0-9a-f]{2}$/.test(prefix)) continue;
      for (const name of await readdir(join(this.#folder, prefix))) {
        if (!hash.test(name) || (await modified(this.#pathOf(name))) > moment) continue;
        found.push(name);
        if (found.length < sweptAtOnce) continue;
        yield found;
        found = [];
      }
    }
    if (found.length > 0) yield found;
  }

  /** An upload may have stored the file again since it was looked at: it is moved aside first, and back if so. */
  async #removeUnlessNewer(sha256: string, moment: number): Promise<boolean> {
    const [path, aside] = [this.#pathOf(sha256), this.#draft()];
    try {
      await rename(path, aside);
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return false;
      throw error;
    }
    const newer = (await modified(aside)) > moment;
    if (newer)
      await link(aside, path).catch((error: unknown) => {
        if (codeOf(error) !== 'EEXIST') throw error;
      });
    await unlink(aside);
    return !newer;
  }
}

class DirectoryWriter implements FileWriter {
  readonly #file: FileHandle;
  readonly #path: string;
  readonly #accept: (sha256: string) => Promise<void>;
  readonly #hash = createHash('sha256');
  #size = 0;
  #unsynced = 0;
  #open = true;

  constructor(file: FileHandle, path: string, accept: (sha256: string) => Promise<void>) {
    this.#file = file;
    this.#path = path;
    this.#accept = accept;
  }

  async write(bytes: Uint8Array): Promise<void> {
    this.#hash.update(bytes);
    for (let at = 0; at < bytes.length; )
      at += (await this.#file.write(bytes, at, bytes.length - at)).bytesWritten;
    this.#size += bytes.length;
    this.#unsynced += bytes.length;
    if (this.#unsynced < syncEvery) return;
    this.#unsynced = 0;
    await this.#file.datasync();
  }

  async finish(): Promise<StoredFile> {
    await this.#file.sync();
    await this.#close();
    const sha256 = this.#hash.digest('hex');
    await this.#accept(sha256);
    return { sha256, size: this.#size };
  }

  async discard(): Promise<void> {
    await this.#close();
    await rm(this.#path, { force: true });
  }

  async #close(): Promise<void> {
    if (!this.#open) return;
    this.#open = false;
    await this.#file.close();
  }
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

const exists = (path: string) => stat(path).then(() => true, isMissing(false));
/** When it was written, in milliseconds; of one that is gone, never. */
const modified = (path: string) => stat(path).then((found) => found.mtimeMs, isMissing(Infinity));

function isMissing<T>(value: T): (error: unknown) => T {
  return (error) => {
    if (codeOf(error) === 'ENOENT') return value;
    throw error;
  };
}

const codeOf = (error: unknown) => (error as { code?: string }).code;
