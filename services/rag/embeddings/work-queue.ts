/** What waits to be embedded. */

export interface Work {
  text: string;
  /** How often a child has ended over it. */
  failures: number;
  /** Nobody waits for it any more. */
  cancelled: boolean;
  resolve(vector: number[]): void;
  reject(error: unknown): void;
}

/**
 * Questions go first, in their order: a person waits for each. Texts of documents follow, the calls they came with taking
 * turns, so that a short document need not wait for the end of a long one.
 */
export class WorkQueue {
  readonly #questions: Work[] = [];
  #calls: Work[][] = [];

  addQuestion(work: Work): void {
    this.#questions.push(work);
  }

  addDocuments(call: readonly Work[]): void {
    this.#calls.push([...call]);
  }

  /** For what was begun already. */
  addFirst(work: Work): void {
    this.#questions.unshift(work);
  }

  /** @returns what is to be done now; undefined where nothing waits */
  take(): Work | undefined {
    for (;;) {
      const work = this.#questions.shift() ?? this.#nextOfDocuments();
      if (!work?.cancelled) return work;
    }
  }

  /** Everything that waits, and it waits no more. */
  takeAll(): Work[] {
    const all: Work[] = [];
    for (let work = this.take(); work; work = this.take()) all.push(work);
    return all;
  }

  #nextOfDocuments(): Work | undefined {
    const [call, ...others] = this.#calls;
    const work = call?.shift();
    this.#calls = call?.length ? [...others, call] : others;
    return work;
  }
}
