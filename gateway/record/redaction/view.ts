/** A text seen otherwise than it is written, with the place that each character has in the text itself. */

export interface View {
  text: string;
  /** For each character of the view, where it stands in the text viewed … */
  starts: Uint32Array;
  /** … and where it ends there. */
  ends: Uint32Array;
}

/** Puts a view together from pieces of the text viewed. */
export class ViewBuilder {
  readonly #starts: Uint32Array;
  readonly #ends: Uint32Array;
  readonly #pieces: string[] = [];
  #length = 0;

  constructor(most: number) {
    this.#starts = new Uint32Array(most);
    this.#ends = new Uint32Array(most);
  }

  copy(text: string, from: number, to: number): void {
    if (to <= from) return;
    this.#pieces.push(text.slice(from, to));
    for (let at = from; at < to; at += 1) {
      this.#starts[this.#length] = at;
      this.#ends[this.#length] = at + 1;
      this.#length += 1;
    }
  }

  put(char: string, from: number, to: number): void {
    this.#pieces.push(char);
    this.#starts[this.#length] = from;
    this.#ends[this.#length] = to;
    this.#length += 1;
  }

  done(): View {
    return {
      text: this.#pieces.join(''),
      starts: this.#starts.subarray(0, this.#length),
      ends: this.#ends.subarray(0, this.#length),
    };
  }
}
