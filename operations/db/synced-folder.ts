/**
 * PGlite's folder, written to the disk and readable by its owner alone. As it comes, PGlite leaves both to the system: it starts
 * with `-F` (no fsync), and Emscripten's NODEFS has no fsync that it could call; a killed process loses nothing then, a loss of
 * power may. And it makes most of its files with 0666, whatever the process' umask is.
 */
import { fsyncSync } from 'node:fs';
import { PGlite } from '@electric-sql/pglite';
import { NodeFS } from '@electric-sql/pglite/nodefs';

interface NodeFileStream {
  /** The system's file descriptor. */
  nfd: number;
}

/** What NODEFS does with files, as far as it is changed here. */
interface NodeFileSystem {
  stream_ops: { fsync?: (stream: NodeFileStream) => number };
  node_ops: {
    mknod(parent: unknown, name: string, mode: number, device: number): unknown;
    setattr(node: unknown, attributes: { mode?: number }): void;
  };
}

/** A mode without the rights of others; the bits that say what kind of file it is stay. */
const ownerOnly = (mode: number) => mode & ~0o077;

export class SyncedFolder extends NodeFS {
  readonly #sync: (descriptor: number) => void;

  constructor(folder: string, sync: (descriptor: number) => void = fsyncSync) {
    super(folder);
    this.#sync = sync;
  }

  override async init(...args: Parameters<NodeFS['init']>): ReturnType<NodeFS['init']> {
    const made = await super.init(...args);
    const { preRun = [] } = made.emscriptenOpts;
    const change = (module: { FS: unknown }) => {
      const { NODEFS } = (module.FS as { filesystems: { NODEFS: NodeFileSystem } }).filesystems;
      NODEFS.stream_ops.fsync = ({ nfd }) => {
        this.#sync(nfd);
        return 0;
      };
      const { mknod, setattr } = NODEFS.node_ops;
      NODEFS.node_ops.mknod = (parent, name, mode, device) => mknod(parent, name, ownerOnly(mode), device);
      NODEFS.node_ops.setattr = (node, attributes) => {
        const { mode } = attributes;
        setattr(node, mode === undefined ? attributes : { ...attributes, mode: ownerOnly(mode) });
      };
    };
    return { emscriptenOpts: { ...made.emscriptenOpts, preRun: [...[preRun].flat(), change] } };
  }
}

/** For `PGlite.create`, beside a `SyncedFolder`. Emscripten's fdatasync does nothing either, hence the method. */
export const syncedStart: string[] = [
  ...PGlite.defaultStartParams.filter((param) => param !== '-F'),
  ...['-c', 'wal_sync_method=fsync'],
];
