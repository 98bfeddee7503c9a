/** The one-time import of legacy's files: what the gateway and the command line know of it. */

/** Legacy's files, to be brought over to the new backend. */
export interface FilesToImport {
  /** The legacy app's working directory, absolute. */
  folder: string;
  /** Only says what would be done. */
  dryRun: boolean;
  onProgress(progress: ImportProgress): void;
  /** Stops it; what has come over is whole, and the next import goes on. */
  signal: AbortSignal;
}

export interface ImportProgress {
  /** What is done now, in a word or two: `importing`. */
  stage: string;
  done: number;
  /** 0: how much there is to do is not known. */
  total: number;
}

/** An import's end, as the command prints it with `--json`: with whatever else the application says there. */
export interface ImportReport {
  dryRun: boolean;
  /** Milliseconds. */
  took: number;
}
