/**
 * PGlite's folder, written to the disk. As it comes, PGlite leaves that to the system: it starts with `-F` (no fsync), and
 * Emscripten's NODEFS has no fsync that it could call. A killed process loses nothing then; a loss of power may.
 */
import { fsyncSync } from 'node:fs';
import { PGlite } from '@electric-sql/pglite';
import { NodeFS } from '@electric-sql/pglite/nodefs';

interface NodeFileStream {
  /** The system's file descriptor. */
  nfd: number;
}

export class SyncedFolder extends NodeFS {
  readonly #sync: (descriptor: number) => void;

  constructor(folder: string, sync: (descriptor: number) => void = fsyncSync) {
    super(folder);
    this.#sync = sync;
  }

  override async init(...args: Parameters<NodeFS['init']>): ReturnType<NodeFS['init']> {
    const made = await super.init(...args);
    const { preRun = [] } = made.emscriptenOpts;
    const sync = (module: { FS: unknown }) => {
      const { filesystems } = module.FS as { filesystems: { NODEFS: { stream_ops: object } } };
      Object.assign(filesystems.NODEFS.stream_ops, {
        fsync: ({ nfd }: NodeFileStream) => {
          this.#sync(nfd);
          return 0;
        },
      });
    };
    return { emscriptenOpts: { ...made.emscriptenOpts, preRun: [...[preRun].flat(), sync] } };
  }
}

/** For `PGlite.create`, beside a `SyncedFolder`. Emscripten's fdatasync does nothing either, hence the method. */
export const syncedStart: string[] = [
  ...PGlite.defaultStartParams.filter((param) => param !== '-F'),
  ...['-c', 'wal_sync_method=fsync'],
];
