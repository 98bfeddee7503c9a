/** What the checks of the flag file's parts share: what they are held against, where they report, how they read a map. */

import type { RouteKey } from '@banyan/route-table/route-table.ts';
import { isAlias, isNode, isScalar, type YAMLMap } from 'yaml';
import type { Mode } from '../../continuity/protocol/modes.ts';
import type { FittingRules } from '../fitting.ts';
import { suggestion } from '../nearest.ts';

/** What the checks of the file's parts need. `offset` counts UTF-16 units from the start of `text`. */
export interface Check {
  text: string;
  keys: readonly RouteKey[];
  implemented: ReadonlySet<RouteKey> | undefined;
  rules: FittingRules;
  lacking: (route: RouteKey, mode: Mode) => string | undefined;
  alarmed: (route: RouteKey, mode: Mode) => string | undefined;
  /** False where the syntax is broken: then what seems to be left out may only not have been understood. */
  whole: boolean;
  fault: ReportFault;
}

/** A message that takes work to put together is a function: beyond the first faults they are counted and not told. */
export type ReportFault = (offset: number, message: string | (() => string)) => void;

/** A part's value, with where its name stands. */
export interface Part {
  value: unknown;
  at: number;
}

/** The entries of a map whose keys are words; other keys are faults. Duplicates are the caller's to find. */
export function* entries(map: YAMLMap, check: Check): Generator<Part & { name: string }> {
  for (const { key, value } of map.items as { key: unknown; value: unknown }[]) {
    const at = (isNode(key) ? key.range?.[0] : undefined) ?? map.range?.[0] ?? 0;
    if (isAlias(key)) continue;
    if (/\?\s+$/.test(check.text.slice(Math.max(0, at - 100), at)))
      check.fault(at, 'An entry must be on one line, `name: value`, without `?`.');
    if (isScalar(key) && typeof key.value === 'string') yield { name: key.value, at, value };
    else if (isScalar(key) && key.value !== null) yield { name: String(key.source ?? key.value), at, value };
    else check.fault(at, 'A name must stand here, followed by a colon.');
  }
}

/** Where a value stands; where its key does if it has no place. */
export const valueAt = (value: unknown, keyAt: number): number =>
  (isNode(value) ? value.range?.[0] : undefined) ?? keyAt;

/** Says that a route does not exist, and which one may have been meant. */
export function unknownRoute(name: string, keys: readonly RouteKey[]): string {
  if (name === '<<') return 'Merge keys (`<<`) are not read; write the routes out.';
  const [method = '', path = ''] = name.split(/\s+/, 2);
  if (method.toUpperCase() === 'HEAD' && keys.includes(`GET ${path}`))
    return `\`${name}\` has no flag of its own: HEAD follows \`GET ${path}\`.`;
  if (method.toUpperCase() === 'OPTIONS')
    return `\`${name}\` has no flag of its own: OPTIONS follows the path's first route.`;
  return `\`${name}\` is not a route${suggestion(name, keys) || '; `npx banyan status` lists them.'}`;
}
