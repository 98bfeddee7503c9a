/** Whether both backends show the same of an entity, and of lists. */
import type { AcceptedRule } from '@banyan/compare/accept.ts';
import type { Difference } from '@banyan/compare/answer.ts';
import type { Route } from '@banyan/route-table/route-table.ts';
import { listIn } from '../reads/merged-list.ts';
import { compareReads } from '../shadow/compare-reads.ts';
import type { Sides } from '../sides/sides.ts';
import type { Compared } from './bring.ts';
import type { SyncedKind } from './kinds.ts';

export interface CompareOptions {
  sides: Sides;
  rules: readonly AcceptedRule[];
}

export interface ComparedLists {
  outcome: Compared['outcome'];
  /** Keys of the rows that differ. */
  keys: readonly string[];
  reason?: string;
}

/** By the reads that name the entity alone. */
export async function compareEntity(kind: string, id: string, options: CompareOptions): Promise<Compared> {
  for (const route of options.sides.table.routes) {
    const parameter = parameterOf(route, kind);
    if (parameter === undefined) continue;
    const compared = await compareRead(route, { [parameter]: id }, options);
    if (compared.outcome !== 'equal') return compared;
  }
  return { outcome: 'equal' };
}

/** By the reads that name no entity; which rows differ is told for lists with an element for each entity. */
export async function compareLists(kind: SyncedKind, options: CompareOptions): Promise<ComparedLists> {
  for (const route of [...kind.wholeReads, ...kind.lists.filter((list) => !kind.wholeReads.includes(list))]) {
    const compared = await compareRead(route, {}, options);
    if (compared.outcome === 'equal') continue;
    const reason = 'reason' in compared ? compared.reason : undefined;
    const keys = compared.outcome === 'different' ? await differingRows(route, options) : [];
    return { outcome: compared.outcome, keys, ...(reason !== undefined && { reason }) };
  }
  return { outcome: 'equal', keys: [] };
}

async function compareRead(
  route: Route,
  params: Readonly<Record<string, string>>,
  { sides, rules }: CompareOptions,
): Promise<Compared> {
  try {
    const [legacy, fresh] = await Promise.all([
      sides.read('legacy', route.key, params),
      sides.read('new', route.key, params),
    ]);
    const { method, key, path: target } = route;
    const reads = { method, key, target, route, legacy: legacy.shown, new: fresh.shown };
    const { differences } = compareReads(reads, rules);
    const [first] = differences;
    return first ? { outcome: 'different', reason: textOf(route, first) } : { outcome: 'equal' };
  } catch (error) {
    return { outcome: 'failed', reason: error instanceof Error ? error.message : String(error) };
  }
}

const textOf = ({ key }: Route, { place }: Difference) => `the two backends differ at ${place} of ${key}`;

async function differingRows(route: Route, { sides }: CompareOptions): Promise<string[]> {
  const { elements } = route;
  if (!elements) return [];
  const [legacy, fresh] = await Promise.all([
    sides.read('legacy', route.key, {}),
    sides.read('new', route.key, {}),
  ]);
  const rows = (answer: typeof legacy) => {
    const found = new Map<string, string>();
    for (const { key, text } of listIn(elements, answer.shown)?.elements ?? [])
      found.set(key, (found.get(key) ?? '') + text.replaceAll(/\s+/g, ' '));
    return found;
  };
  const [left, right] = [rows(legacy), rows(fresh)];
  return [...new Set([...left.keys(), ...right.keys()])].filter((key) => left.get(key) !== right.get(key));
}

/** The path parameter of a route that reads one entity of a kind and nothing else. */
function parameterOf({ access, polling, keys, path }: Route, kind: string): string | undefined {
  const [key, ...others] = keys;
  if (access !== 'read' || polling || !key || !('one' in key) || others.length > 0) return undefined;
  const isAlone = [...path.matchAll(/:\w+/g)].length === 1;
  return key.one === kind && key.named.in === 'path' && isAlone ? key.named.name : undefined;
}
