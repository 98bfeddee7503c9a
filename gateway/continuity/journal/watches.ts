/** Whether a write begins while something else relies on there being none. */
import { kindOf, type Touched } from '../protocol/keys.ts';

export interface Watch {
  readonly isDisturbed: boolean;
  end(): void;
}

export class Watches {
  readonly #watches = new Set<{ touched: Touched; isDisturbed: boolean }>();

  begin(touched: Touched): Watch {
    const watch = { touched, isDisturbed: false };
    this.#watches.add(watch);
    return {
      get isDisturbed() {
        return watch.isDisturbed;
      },
      end: () => void this.#watches.delete(watch),
    };
  }

  /** A write to these keys begins. */
  disturb(keys: readonly string[]): void {
    for (const watch of this.#watches)
      watch.isDisturbed ||= keys.some(
        (key) => watch.touched.keys.includes(key) || watch.touched.every.includes(kindOf(key)),
      );
  }
}
