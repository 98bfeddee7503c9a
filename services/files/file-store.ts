/**
 * Where original files are kept, by the SHA-256 of their content. Every process of the backend reaches every file: the one
 * that took an upload need not be the one that processes or mirrors it.
 */

/** Takes a file as it comes. One of `finish` and `discard` is called at last; `discard` also where `finish` failed. */
export interface FileWriter {
  /** Resolves when more may come; the bytes may be used again then. */
  write(bytes: Uint8Array): Promise<void>;
  /** The file is on the disk, synced, and can be opened from now on. */
  finish(): Promise<StoredFile>;
  /** Nothing of it is left. */
  discard(): Promise<void>;
}

export interface StoredFile {
  /** 64 digits in lower case. */
  sha256: string;
  /** In bytes. */
  size: number;
}

/** A file as a path on this machine, for parsers; `release` when it is no longer read. */
export interface LocalFile {
  path: string;
  release(): Promise<void>;
}

export interface FileStore {
  begin(): Promise<FileWriter>;
  /** @throws FileMissingError where no such file is kept */
  open(sha256: string): Promise<LocalFile>;
  /** Does nothing where no such file is kept. */
  remove(sha256: string): Promise<void>;
  /**
   * Removes what nobody needs: files that were last stored more than `grace` seconds ago and that `keep` does not name, and
   * what broken uploads left behind.
   * @param keep which of some hashes are still referred to
   * @returns how many files went
   */
  sweep(grace: number, keep: (hashes: string[]) => Promise<ReadonlySet<string>>): Promise<number>;
  close(): Promise<void>;
}

/** The row says that there is a file, and there is none. */
export class FileMissingError extends Error {
  constructor(sha256: string) {
    super(`The file store has no file ${sha256}.`);
    this.name = 'FileMissingError';
  }
}
