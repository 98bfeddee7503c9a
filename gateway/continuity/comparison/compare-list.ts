/** Compares what the lists of a kind show, row by row. Each list is read once from both backends, however many entities there are. */
import type { Route } from '@banyan/route-table/route-table.ts';
import { keyOf, listKey } from '../protocol/keys.ts';
import { type Element, type List, type ListRoute, listIn, withRows } from '../reads/merged-list.ts';
import type { ComparisonOptions, Entity } from './compare-key.ts';
import { compareShown, readBoth, type Shown } from './compare-read.ts';
import { type Comparison, type ShownDifference, together } from './outcome.ts';
import { haveChanged, whatDisturbs } from './quiet.ts';
import { listReads } from './shows.ts';

export interface ListComparison {
  /** By key, every entity that a backend lists: whether its rows show the same. */
  rows: ReadonlyMap<string, Entity & { comparison: Comparison }>;
  /** What is not of a single entity: the order of the rows, how many there are said to be, the headers. */
  list: Comparison;
}

/** What is found in lists that cannot be read is in `list` alone. */
export async function compareList(kind: string, options: ComparisonOptions): Promise<ListComparison> {
  const { lag, sides, counters = () => [] } = options;
  const list = listKey(kind);
  const rows = new Map<string, Entity & { comparison: Comparison }>();
  const lists: Comparison[] = [];
  for (const route of listReads(sides.table, kind)) {
    const before = counters(list);
    const busy = lag.busyKeys(kind);
    const watch = lag.follow({ keys: [list], every: [kind] });
    const shown = await readBoth(route, {}, options).finally(() => watch.end());
    if ('outcome' in shown) lists.push(shown);
    else if (haveChanged(before, counters(list))) lists.push({ outcome: 'disturbed', why: 'changed' });
    else {
      const isBusy = (key: string) => busy.has(key) || watch.disturbed.has(key);
      const why = (key: string) => (busy.has(key) ? whatDisturbs(lag, key) : 'written');
      const found = new Rows(route, shown, options, (key) =>
        isBusy(key) ? { outcome: 'disturbed', why: why(key) } : undefined,
      );
      for (const { id, comparison } of found.compared()) {
        const key = keyOf(kind, id);
        const earlier = rows.get(key)?.comparison;
        rows.set(key, { kind, id, comparison: earlier ? together([earlier, comparison]) : comparison });
      }
      lists.push(found.list());
    }
  }
  return { rows, list: together(lists) };
}

/** What a list has of one entity, on either side. */
interface RowsOfOne {
  id: string;
  legacy: Element[];
  new: Element[];
}

class Rows {
  readonly #route: Route & ListRoute;
  readonly #shown: Shown;
  readonly #options: ComparisonOptions;
  readonly #disturbed: (key: string) => Comparison | undefined;
  readonly #lists: { legacy: List; new: List } | undefined;
  readonly #alike = new Set<string>();

  /** @param disturbed why nothing can be said of a key */
  constructor(
    route: Route & ListRoute,
    shown: Shown,
    options: ComparisonOptions,
    disturbed: (key: string) => Comparison | undefined,
  ) {
    this.#route = route;
    this.#shown = shown;
    this.#options = options;
    this.#disturbed = disturbed;
    const [legacy, fresh] = [listIn(route.elements, shown.legacy), listIn(route.elements, shown.new)];
    const areLists = shown.legacy.status === 200 && shown.new.status === 200;
    this.#lists = areLists && legacy && fresh ? { legacy, new: fresh } : undefined;
  }

  compared(): { id: string; comparison: Comparison }[] {
    return [...this.#byKey()].map(([key, rows]) => {
      const comparison = this.#compare(key, rows);
      if (comparison.outcome === 'equal') this.#alike.add(key);
      return { id: rows.id, comparison };
    });
  }

  #byKey(): Map<string, RowsOfOne> {
    const found = new Map<string, RowsOfOne>();
    for (const side of ['legacy', 'new'] as const)
      for (const element of this.#lists?.[side].elements ?? []) {
        const rows = found.get(element.key) ?? { id: element.id, legacy: [], new: [] };
        rows[side].push(element);
        found.set(element.key, rows);
      }
    return found;
  }

  #compare(key: string, rows: RowsOfOne): Comparison {
    const disturbed = this.#disturbed(key);
    if (disturbed) return disturbed;
    const texts = (elements: readonly Element[]) => elements.map(({ text }) => text).join();
    if (texts(rows.legacy) === texts(rows.new)) return { outcome: 'equal', legacyLacks: [] };
    const comparison = this.#compareAlone(rows.legacy, rows.new);
    const isMissing = rows.legacy.length === 0 || rows.new.length === 0;
    if (comparison.outcome !== 'different' || !isMissing) return comparison;
    // The key of what is being created is not known yet on the side that does not have it.
    const byList = this.#disturbed(listKey(this.#route.elements.kind));
    return (
      byList ?? { ...comparison, differences: [...rows.legacy, ...rows.new].map((row) => this.#missing(row)) }
    );
  }

  #missing(row: Element): ShownDifference {
    const isOfLegacy = this.#lists?.legacy.elements.includes(row) ?? false;
    const text = Buffer.from(row.text, 'latin1').toString('utf8');
    const { key, elements } = this.#route;
    const [left, right] = isOfLegacy ? [text, ''] : ['', text];
    return {
      route: key,
      place: `body ${elements.at}[*]`,
      kind: isOfLegacy ? 'missing' : 'extra',
      left,
      right,
    };
  }

  #compareAlone(legacy: readonly Element[], fresh: readonly Element[]): Comparison {
    const lists = this.#lists;
    const { elements, path } = this.#route;
    const shown = lists
      ? {
          legacy: withRows(elements, this.#shown.legacy, lists.legacy, legacy),
          new: withRows(elements, this.#shown.new, lists.new, fresh),
        }
      : this.#shown;
    return compareShown(this.#route, path, shown, this.#options.rules);
  }

  /** The list without its rows, and the order of those that are alike. To be asked after `compared`. */
  list(): Comparison {
    const frame = this.#compareAlone([], []);
    const order = this.#order();
    if (!order) return frame;
    const answers = new Map([[this.#route.key, this.#shown]]);
    return together([frame, { outcome: 'different', differences: [order], legacyLacks: [], answers }]);
  }

  #order(): ShownDifference | undefined {
    const [legacy, fresh] = (['legacy', 'new'] as const).map((side) =>
      (this.#lists?.[side].elements ?? []).map(({ key }) => key).filter((key) => this.#alike.has(key)),
    );
    const at = legacy?.findIndex((key, i) => key !== fresh?.[i]) ?? -1;
    if (at < 0) return undefined;
    const { key: route, elements } = this.#route;
    const [left = '', right = ''] = [legacy?.[at], fresh?.[at]];
    return { route, place: `body ${elements.at}`, kind: 'order', left, right, note: `from row ${at + 1} on` };
  }
}
