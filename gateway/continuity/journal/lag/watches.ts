/** Whether a write begins while something else relies on there being none. */
import { kindOf, type Touched } from '../../protocol/keys.ts';

export interface Watch {
  readonly isDisturbed: boolean;
  /** The keys to which a write began, of those that are watched. */
  readonly disturbed: ReadonlySet<string>;
  end(): void;
}

export class Watches {
  readonly #watches = new Set<{ touched: Touched; disturbed: Set<string> }>();

  begin(touched: Touched): Watch {
    const watch = { touched, disturbed: new Set<string>() };
    this.#watches.add(watch);
    return {
      get isDisturbed() {
        return watch.disturbed.size > 0;
      },
      disturbed: watch.disturbed,
      end: () => void this.#watches.delete(watch),
    };
  }

  /** A write to these keys begins. */
  disturb(keys: readonly string[]): void {
    for (const { touched, disturbed } of this.#watches)
      for (const key of keys)
        if (touched.keys.includes(key) || touched.every.includes(kindOf(key))) disturbed.add(key);
  }
}
