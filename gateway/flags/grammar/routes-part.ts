/** The `routes` part of the flag file: who serves each route that is named. */

import type { RouteKey } from '@banyan/route-table/route-table.ts';
import { isAlias, isMap, isNode, isScalar, type Scalar, type YAMLMap } from 'yaml';
import { canaryOf, isMode, type Mode } from '../../continuity/protocol/modes.ts';
import { letsNewServe } from '../../continuity/protocol/roles.ts';
import { unfit } from '../fitting.ts';
import type { NamedRoute } from '../flag-file.ts';
import { modeList, unknownMode } from '../unknown-mode.ts';
import { type Check, entries, type Part, unknownRoute, valueAt } from './check.ts';

export function checkRoutes(part: Part | undefined, check: Check): Map<RouteKey, NamedRoute> {
  const routes = new Map<RouteKey, NamedRoute>();
  const map = part?.value;
  if (!isMap(map)) {
    const empty = map === null || map === undefined || (isScalar(map) && map.value === null);
    if (isAlias(map) || !check.whole) return routes;
    // An empty `routes:` is what a file looks like that is still being written.
    if (empty)
      check.fault(part?.at ?? 0, '`routes` is empty. Write `routes: {}` where every route is to be legacy.');
    else if (isScalar(map) && /\S:\S/.test(String(map.value)))
      check.fault(valueAt(map, 0), 'A space is missing behind the colon: `METHOD /path: mode`.');
    else check.fault(part?.at ?? 0, '`routes` must be a map: one line `METHOD /path: mode` for each route.');
    return routes;
  }
  const seen = new Map<string, number>();
  const places = new Map<RouteKey, number>();
  for (const { name, at, value } of entries(map, check)) {
    const first = seen.get(name);
    if (first !== undefined) {
      check.fault(at, () => `\`${name}\` is named twice; the first is on line ${lineOf(check.text, first)}.`);
      continue;
    }
    seen.set(name, at);
    const mode = checkMode(value, at, check);
    if (!check.keys.includes(name)) check.fault(at, () => unknownRoute(name, check.keys));
    else if (mode) {
      const reason = whyNot(name, mode, check);
      if (reason) check.fault(valueAt(value, at), `\`${name}\` cannot be \`${mode}\`: ${reason}`);
      else routes.set(name, { mode, comment: commentAfter(check.text, value) });
      places.set(name, valueAt(value, at));
    }
  }
  const modes = new Map([...routes].map(([name, { mode }]) => [name, mode]));
  if (check.whole)
    for (const { route, mode, reason } of unfit(modes, check.rules))
      check.fault(places.get(route) ?? part?.at ?? 0, `\`${route}\` cannot be \`${mode}\`: ${reason}`);
  return routes;
}

function whyNot(route: RouteKey, mode: Mode, { implemented, lacking, alarmed }: Check): string | undefined {
  if (mode !== 'legacy' && implemented && !implemented.has(route))
    return 'the new backend does not have it yet.';
  return letsNewServe(mode) ? (alarmed(route, mode) ?? lacking(route, mode)) : undefined;
}

function checkMode(value: unknown, keyAt: number, check: Check): Mode | undefined {
  if (isAlias(value)) return undefined;
  const at = valueAt(value, keyAt);
  if (isMap(value)) {
    const canary = canaryIn(value);
    if (!canary) check.fault(at, `A mode is one word: ${modeList}.`);
    return canary;
  }
  if (isScalar(value) && (value.type === 'BLOCK_LITERAL' || value.type === 'BLOCK_FOLDED')) {
    check.fault(at, 'Write the mode on the same line as its route.');
    return undefined;
  }
  const word = isScalar(value) ? value.value : undefined;
  if (typeof word === 'string' && isMode(word)) return word;
  if (word === null) check.fault(keyAt, `The route has no mode; write ${modeList} after the colon.`);
  else check.fault(at, () => unknownMode(typeof word === 'string' ? word : sourceOf(value)));
  return undefined;
}

/** `{ canary: 10% }`, which says the same as `canary:10%`. */
function canaryIn(map: YAMLMap): Mode | undefined {
  const [pair, more] = map.items;
  const { key, value } = pair ?? {};
  if (more || !isScalar(key) || key.value !== 'canary' || !isScalar(value)) return undefined;
  return canaryOf(String(value.value));
}

const sourceOf = (value: unknown) =>
  isScalar(value) ? String((value as Scalar).source ?? value.value) : 'a list';

/** The comment on the same line behind a value. */
function commentAfter(text: string, value: unknown): string | undefined {
  if (!isNode(value) || !value.range) return undefined;
  return /^[ \t,}]*[ \t]#[ \t]*(.*\S)/.exec(restOfLine(text, value.range[1]))?.[1];
}

const restOfLine = (text: string, from: number) => text.slice(from).split(/\r?\n/, 1)[0] ?? '';
const lineOf = (text: string, offset: number) => text.slice(0, offset).split('\n').length;
