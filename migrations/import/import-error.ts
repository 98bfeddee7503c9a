/** Why an import cannot be done; `advice` says what to do. */
export class ImportError extends Error {
  readonly advice: string;

  constructor(message: string, { advice, cause }: { advice: string; cause?: unknown }) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'ImportError';
    this.advice = advice;
  }
}
