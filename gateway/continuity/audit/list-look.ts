/** One reading of the lists of a kind, from both backends: what each of them shows of every entity. */
import { createHash } from 'node:crypto';
import type { Route, RouteKey } from '@banyan/route-table/route-table.ts';
import { compareShown, type ReadOptions, type Shown } from '../comparison/compare-read.ts';
import type { Comparison, ShownDifference } from '../comparison/outcome.ts';
import { listReads } from '../comparison/shows.ts';
import type { StoredAnswer } from '../protocol/entry.ts';
import { keyOf } from '../protocol/keys.ts';
import { type Element, type List, type ListRoute, listIn, withRows } from '../reads/merged-list.ts';

/** `appeared`: legacy alone lists the entity. `gone`: the new backend alone does. */
export type RowFinding = 'equal' | 'different' | 'appeared' | 'gone';

export interface LookedRow {
  key: string;
  id: string;
  finding: RowFinding;
  /** The rows of the entity alone, of lists that have different ones. */
  shown: ReadonlyMap<RouteKey, Shown>;
  differences: readonly ShownDifference[];
}

export type Looked =
  /** Legacy's lists have the same bytes as at the look before. */
  | { outcome: 'same' }
  | { outcome: 'unavailable'; reason: string }
  /** `print`: what tells these bytes from others. */
  | { outcome: 'looked'; print: string; rows: readonly LookedRow[] };

/** @param last the print of an earlier look: the new backend is not asked where legacy's is still the same */
export async function lookAtLists(
  kind: string,
  options: ReadOptions,
  last: string | undefined,
): Promise<Looked> {
  const { sides } = options;
  const routes = listReads(sides.table, kind);
  const legacy = await Promise.all(routes.map(({ key }) => sides.read('legacy', key, {})));
  const failed = routes.find((_, i) => legacy[i]?.shown.status !== 200);
  if (failed) return { outcome: 'unavailable', reason: `legacy does not answer ${failed.key} with its list` };
  const print = printOf(legacy.map(({ raw }) => raw));
  if (print === last) return { outcome: 'same' };
  const fresh = await Promise.all(routes.map(({ key }) => sides.read('new', key, {})));
  const rows = new Map<string, Gathered>();
  for (const [i, route] of routes.entries()) {
    const [left, right] = [legacy[i]?.shown, fresh[i]?.shown];
    const lists = { legacy: listOf(route, left), new: listOf(route, right) };
    if (!left || !right || !lists.legacy || !lists.new)
      return { outcome: 'unavailable', reason: `the new backend does not answer ${route.key} with its list` };
    const reading = {
      route,
      shown: { legacy: left, new: right },
      lists: { legacy: lists.legacy, new: lists.new },
    };
    for (const [id, row] of rowsById(reading.lists)) gather(at(rows, id), reading, row, options);
  }
  return {
    outcome: 'looked',
    print,
    rows: [...rows].map(([id, { shown, differences, ...row }]) => ({
      id,
      key: keyOf(kind, id),
      finding: findingOf(row),
      shown,
      differences,
    })),
  };
}

/** What all lists together have of one entity. */
interface Gathered {
  legacy: boolean;
  new: boolean;
  differs: boolean;
  shown: Map<RouteKey, Shown>;
  differences: ShownDifference[];
}

interface Reading {
  route: Route & ListRoute;
  shown: Shown;
  lists: Record<'legacy' | 'new', List>;
}

function at(rows: Map<string, Gathered>, id: string): Gathered {
  const found = rows.get(id);
  if (found) return found;
  const made = { legacy: false, new: false, differs: false, shown: new Map(), differences: [] };
  rows.set(id, made);
  return made;
}

function gather(all: Gathered, reading: Reading, row: RowsOfOne, options: ReadOptions): void {
  all.legacy ||= row.legacy.length > 0;
  all.new ||= row.new.length > 0;
  const { comparison, shown } = compareRow(reading, row, options);
  if (comparison.outcome !== 'different') return;
  all.differs = true;
  all.shown.set(reading.route.key, shown);
  all.differences.push(...comparison.differences);
}

const findingOf = (row: Pick<Gathered, 'legacy' | 'new' | 'differs'>): RowFinding => {
  if (!row.differs) return 'equal';
  if (!row.new) return 'appeared';
  return row.legacy ? 'different' : 'gone';
};

function printOf(answers: readonly StoredAnswer[]): string {
  const hash = createHash('sha256');
  for (const { body } of answers) hash.update(body).update('\0');
  return hash.digest('base64');
}

const listOf = ({ elements }: Route & ListRoute, answer: StoredAnswer | undefined) =>
  answer?.status === 200 ? listIn(elements, answer) : undefined;

interface RowsOfOne {
  legacy: Element[];
  new: Element[];
}

function rowsById(lists: Reading['lists']): Map<string, RowsOfOne> {
  const rows = new Map<string, RowsOfOne>();
  for (const side of ['legacy', 'new'] as const)
    for (const element of lists[side].elements) {
      const row = rows.get(element.id) ?? { legacy: [], new: [] };
      row[side].push(element);
      rows.set(element.id, row);
    }
  return rows;
}

/** Rows of the same bytes are alike; of others the comparator and its rules decide. */
function compareRow(
  { route, shown, lists }: Reading,
  rows: RowsOfOne,
  { rules }: ReadOptions,
): { comparison: Comparison; shown: Shown } {
  const texts = (elements: readonly Element[]) => elements.map(({ text }) => text).join();
  if (texts(rows.legacy) === texts(rows.new))
    return { comparison: { outcome: 'equal', legacyLacks: [] }, shown };
  const alone = (side: 'legacy' | 'new') => withRows(route.elements, shown[side], lists[side], rows[side]);
  const both = { legacy: alone('legacy'), new: alone('new') };
  return { comparison: compareShown(route, route.path, both, rules), shown: both };
}
