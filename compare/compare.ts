/**
 * Compares two answers to one request: status, reason, headers and body, byte for byte once ids and times are bound.
 * Pure: what it needs comes in, what it found goes out.
 *
 * ```ts
 * const { differences, learned } = compareAnswers({ method: 'GET', route, left, right, bindings });
 * bindings.learn(learned);
 * ```
 */
import type { Route } from '@banyan/route-table/route-table.ts';
import type { Answer, Comparison, Difference } from './answer.ts';
import { compareBodies } from './body.ts';
import { compareHeaders } from './headers.ts';
import { Bindings } from './volatile/bindings.ts';
import type { Window } from './volatile/check.ts';
import { VolatileColumns } from './volatile/columns.ts';

export interface ComparisonInput {
  method: string;
  /** The route's columns; undefined for what is no route: nothing is volatile there. */
  route: Pick<Route, 'ids' | 'times' | 'access'> | undefined;
  left: Answer;
  right: Answer;
  /** What the two sides are known to call each other's ids and times; not changed. */
  bindings: Bindings;
  /** When the request was under way on either side, where its backend's clock is known. */
  windows?: { left?: Window; right?: Window };
}

export function compareAnswers({
  method,
  route,
  left,
  right,
  bindings,
  windows = {},
}: ComparisonInput): Comparison {
  const draft = new Bindings(bindings);
  const columns = new VolatileColumns(route);
  const bound = { ...left, rawHeaders: left.rawHeaders.map((text) => bindings.inText(text)) };
  const headers = compareHeaders(method, bound, right);
  const body = compareBodies(left, right, columns, { bindings: draft, access: columns.access, windows });
  return {
    differences: [...compareHeads(left, right), ...headers.differences, ...body.differences],
    tolerated: headers.tolerated,
    volatile: body.volatile,
    learned: draft.learned(),
  };
}

function compareHeads(left: Answer, right: Answer): Difference[] {
  const differences: Difference[] = [];
  const differ = (place: string, kind: 'broken' | 'status' | 'reason', ours: string, theirs: string) => {
    if (ours !== theirs || (kind === 'broken' && ours !== ''))
      differences.push({ place, kind, left: ours, right: theirs });
  };
  differ('connection', 'broken', left.broken ?? '', right.broken ?? '');
  differ('status', 'status', String(left.status), String(right.status));
  differ('reason', 'reason', left.reason, right.reason);
  return differences;
}
