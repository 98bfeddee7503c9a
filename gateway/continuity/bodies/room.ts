/** How much of the disk the bodies of writes take, and how much they may. */
import { statfs } from 'node:fs/promises';
import { BanyanError } from '../../errors.ts';

export interface DiskBounds {
  /** Bytes that all bodies together may take. */
  most: number;
  /** Bytes that must stay free on the disk: the embedded database, spilled settlements and logs need some too. */
  reserve: number;
}

const defaultBounds: DiskBounds = { most: 10 * 1024 ** 3, reserve: 256 * 1024 ** 2 };

/** How many bytes an unprivileged process may still write below a folder. */
export type Free = (folder: string) => Promise<number>;

const freeBytes: Free = async (folder) => {
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize;
};

/** Bytes that are written between two looks at what the disk has left. */
const between = 8 * 1024 ** 2;

/** Errors of a system that takes no more bytes: full, over a quota, over a limit for files, or read-only. */
const full = new Set(['ENOSPC', 'EDQUOT', 'EFBIG', 'EROFS']);

export class Room {
  readonly #bounds: DiskBounds;
  readonly #free: Free;
  #taken = 0;
  #sinceLook = between;

  constructor(bounds: DiskBounds = defaultBounds, free: Free = freeBytes) {
    this.#bounds = bounds;
    this.#free = free;
  }

  /** Bytes that bodies take. */
  get taken(): number {
    return this.#taken;
  }

  get most(): number {
    return this.#bounds.most;
  }

  /**
   * Counts bytes that are about to be written.
   * @throws BanyanError `bodies_full`, `disk_full`; nothing is counted then
   */
  async take(folder: string, bytes: number): Promise<void> {
    if (this.#taken + bytes > this.#bounds.most)
      throw new BanyanError('bodies_full', { most: megabytes(this.#bounds.most) });
    this.#taken += bytes;
    this.#sinceLook += bytes;
    if (this.#sinceLook < between) return;
    try {
      await this.look(folder);
      this.#sinceLook = 0;
    } catch (error) {
      this.#taken -= bytes;
      throw error;
    }
  }

  /** Bytes that were counted are not there any more, or were there before anything was counted (negative). */
  give(bytes: number): void {
    this.#taken -= bytes;
  }

  /** @throws BanyanError `disk_full` where less is free than has to stay so */
  async look(folder: string): Promise<void> {
    const free = await this.#free(folder);
    if (free < this.#bounds.reserve)
      throw new BanyanError('disk_full', { reason: `${megabytes(free)} are free` });
  }
}

/** What a client is told of a disk that takes no more; any other error as it is. */
export function asDiskFull(error: unknown): unknown {
  const { code } = error as NodeJS.ErrnoException;
  return code !== undefined && full.has(code) ? new BanyanError('disk_full', { reason: code }, error) : error;
}

const megabytes = (bytes: number) => `${Math.floor(bytes / 1024 ** 2)} MB`;
