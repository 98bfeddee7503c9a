/**
 * How long legacy's lists are that replays add to, where one replay follows another at once: then legacy need not be looked at
 * before each. Nobody else adds to them meanwhile, as a key stays with its side for as long as something of it is owed.
 */
import type { Route } from '../../../contract/route-table.ts';
import type { Known } from '../keys/keys.ts';
import type { Expected } from '../probe/probe.ts';

export class Tails {
  readonly #lengths = new Map<string, number>();

  /** What legacy shows before a replay. Undefined: nobody knows, as of all that was told once. */
  before(route: Route, known: Known): Expected | undefined {
    const place = placeOf(route, known);
    const count = this.#lengths.get(place);
    this.#lengths.delete(place);
    return count === undefined ? undefined : { count };
  }

  /** Legacy has done what a replay asked, and the next one to the same is owed already. */
  added(route: Route, known: Known, { count }: Expected): void {
    if (route.probe?.shows === 'tail-added')
      this.#lengths.set(placeOf(route, known), count + route.probe.grows);
  }
}

const placeOf = ({ probe }: Route, { params }: Known) => `${probe?.read} ${JSON.stringify(params)}`;
