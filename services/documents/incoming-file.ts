/** A file that is on its way into the file store: counted as it comes, and kept only when it is asked for. */
import type { FileStore, FileWriter, StoredFile } from '../files/file-store.ts';
import type { FileSink } from '../wire/multipart/read-file.ts';

/** In bytes: as many are taken, one more is not. */
export const largestFile = 50 * 1024 * 1024;

export interface IncomingFile {
  /** As sent, directories included. */
  filename: string;
  isTooLarge: boolean;
  /** Keeps it. Not for one that is too large. */
  keep(): Promise<StoredFile>;
  /** Nothing of it is left, unless it was kept. */
  discard(): Promise<void>;
}

/**
 * @returns what takes the bytes of a file. Of one that is too large nothing is left from then on, and nothing is written of
 *   one that is not wanted
 */
export async function receive(
  files: FileStore,
  { filename, isWanted }: { filename: string; isWanted: boolean },
): Promise<FileSink<IncomingFile>> {
  let writer: FileWriter | undefined = isWanted ? await files.begin() : undefined;
  let size = 0;
  const discard = async () => {
    const discarded = writer;
    writer = undefined;
    await discarded?.discard();
  };
  return {
    async write(bytes) {
      size += bytes.length;
      if (size > largestFile) await discard();
      await writer?.write(bytes);
    },
    finish: () => ({
      filename,
      isTooLarge: size > largestFile,
      async keep() {
        if (!writer) throw new Error('There is nothing of the file to be kept');
        const stored = await writer.finish();
        writer = undefined;
        return stored;
      },
      discard,
    }),
    discard,
  };
}
