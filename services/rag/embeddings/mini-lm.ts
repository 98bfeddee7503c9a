/** all-MiniLM-L6-v2 as LangChain's embeddings, computed in a process that does nothing else. */
import { Embeddings } from '@langchain/core/embeddings';
import { EmbeddingChild, type EmbeddingLimits } from './embedding-child.ts';
import { EmbeddingFailedError, EmbeddingsClosedError, EmbeddingsUnavailableError } from './errors.ts';
import { type Work, WorkQueue } from './work-queue.ts';

export interface MiniLmOptions {
  /**
   * Has `tokenizer.json` and `onnx/model.onnx`; `BANYAN_SETUP/all-MiniLM-L6-v2`. Asked for with the first text, as it may have to be
   * made first.
   */
  modelFolder: string | (() => Promise<string>);
  /** How many processes compute, each on one thread; 1 unless told. Each takes some 300 MB. */
  processes?: number;
  limits?: Partial<EmbeddingLimits>;
}

export interface EmbedOptions {
  /** Nobody waits any more; what has not begun is left. */
  signal?: AbortSignal | undefined;
}

export const miniLmModel = { id: 'all-MiniLM-L6-v2', dimension: 384 } as const;

/** A text takes a fifth of a second at most; the rest is for a machine that has other things to do. */
const defaultLimits: EmbeddingLimits = { memory: 1024 ** 3, time: 30_000, start: 60_000 };

/** What failed is tried once more: a process may have been ended for another reason. */
const mostFailures = 2;

/** Costs nothing until the first text: only then is a process started, and `warm()` does it before. */
export function startEmbeddings(options: MiniLmOptions): MiniLmEmbeddings {
  return new MiniLmEmbeddings(options);
}

/**
 * The vectors are legacy's: 256 tokens, mean, unit length. A question never waits for more than the one text that is being
 * computed, however many of documents wait.
 */
export class MiniLmEmbeddings extends Embeddings {
  readonly #modelFolder: MiniLmOptions['modelFolder'];
  readonly #limits: EmbeddingLimits;
  readonly #queue = new WorkQueue();
  readonly #children: (EmbeddingChild | undefined)[];
  readonly #busy: boolean[];
  /** In a row. */
  #failedStarts = 0;
  #closed = false;

  constructor({ modelFolder, processes = 1, limits = {} }: MiniLmOptions) {
    super({});
    this.#modelFolder = modelFolder;
    this.#limits = { ...defaultLimits, ...limits };
    this.#children = Array.from({ length: processes }, () => undefined);
    this.#busy = this.#children.map(() => false);
  }

  /** Of the processes that run now. */
  get processIds(): number[] {
    return this.#children.flatMap((child) => (child?.usable ? [child.pid] : []));
  }

  /**
   * Resolves once a process has the model.
   * @throws EmbeddingsUnavailableError
   */
  async warm(): Promise<void> {
    await this.embedQuery('');
  }

  /**
   * @throws EmbeddingsUnavailableError, EmbeddingFailedError, EmbeddingsClosedError, the signal's reason
   */
  override async embedQuery(text: string, { signal }: EmbedOptions = {}): Promise<number[]> {
    const add = (works: Work[]) => works.forEach((work) => void this.#queue.addQuestion(work));
    const [vector] = await this.#all([text], add, signal);
    return vector ?? [];
  }

  /**
   * In the order of the texts; all or nothing.
   * @throws EmbeddingsUnavailableError, EmbeddingFailedError, EmbeddingsClosedError, the signal's reason
   */
  override embedDocuments(texts: string[], { signal }: EmbedOptions = {}): Promise<number[][]> {
    return this.#all(texts, (works) => this.#queue.addDocuments(works), signal);
  }

  /** Ends the processes; what waits fails. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const work of this.#queue.takeAll()) work.reject(new EmbeddingsClosedError());
    const children = this.#children.filter((child) => child !== undefined);
    for (const child of children) child.end();
    await Promise.all(children.map(({ ended }) => ended));
  }

  async #all(
    texts: readonly string[],
    add: (works: Work[]) => void,
    signal: AbortSignal | undefined,
  ): Promise<number[][]> {
    signal?.throwIfAborted();
    if (this.#closed) throw new EmbeddingsClosedError();
    // As legacy's tokenizer, which raises.
    if (!texts.every((text) => text.isWellFormed()))
      throw new EmbeddingFailedError('A text with half of a surrogate pair in it has no tokens');
    const works: Work[] = [];
    const vectors = texts.map(
      (text) =>
        new Promise<number[]>((resolve, reject) => {
          works.push({ text, failures: 0, cancelled: false, resolve, reject });
        }),
    );
    const abort = () => {
      for (const work of works) work.reject(signal?.reason);
    };
    signal?.addEventListener('abort', abort, { once: true });
    add(works);
    this.#pump();
    try {
      return await Promise.all(vectors);
    } finally {
      signal?.removeEventListener('abort', abort);
      for (const work of works) work.cancelled = true;
    }
  }

  /** Gives each process that has nothing to do something, and starts one where none is there. */
  #pump(): void {
    for (const [place, busy] of this.#busy.entries()) {
      if (busy || this.#closed) continue;
      const work = this.#queue.take();
      if (!work) return;
      this.#busy[place] = true;
      void this.#do(work, place).finally(() => {
        this.#busy[place] = false;
        this.#pump();
      });
    }
  }

  async #do(work: Work, place: number): Promise<void> {
    let child = this.#children[place];
    if (!child?.usable) {
      const given = this.#modelFolder;
      // A folder that is there needs no turn of the event loop.
      const folder =
        typeof given === 'string'
          ? given
          : await given().catch((error: unknown) => ({ fault: String(error) }));
      if (this.#closed) return work.reject(new EmbeddingsClosedError());
      if (typeof folder !== 'string') return this.#cannotStart(work, folder.fault);
      child = new EmbeddingChild(folder, this.#limits);
      this.#children[place] = child;
    }
    const fault = await child.started;
    if (fault !== undefined) return this.#cannotStart(work, fault);
    this.#failedStarts = 0;
    const answer = await child.embed(work.text);
    if (answer.kind === 'vector') work.resolve(Array.from(answer.vector));
    else if (this.#closed) work.reject(new EmbeddingsClosedError());
    else if (answer.kind === 'ended' && answer.cause === 'crash' && ++work.failures < mostFailures)
      this.#queue.addFirst(work);
    else work.reject(new EmbeddingFailedError(`A text could not be embedded: ${answer.reason}`));
  }

  #cannotStart(work: Work, fault: string): void {
    if (!this.#closed && ++this.#failedStarts < mostFailures) {
      this.#queue.addFirst(work);
      return;
    }
    this.#failedStarts = 0;
    const error = this.#closed
      ? new EmbeddingsClosedError()
      : new EmbeddingsUnavailableError(`The embedding model could not be started: ${fault}`);
    // Whatever waits would wait for the same.
    for (const each of [work, ...this.#queue.takeAll()]) each.reject(error);
  }
}
