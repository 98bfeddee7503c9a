/**
 * What a replay has to know of a recording before it starts: who waits for whom, and which reads watch work that goes
 * on after an answer (an upload that is processed), so that they are repeated until the recorded state is reached.
 */
import type { Route, RouteTable } from '../../contract/route-table.ts';
import type { RecordedExchange } from '../har.ts';
import { idsMade, idsUsed } from './values.ts';

export interface Step {
  exchange: RecordedExchange;
  route: Route | undefined;
  /** Exchanges that have to be over before this one is sent. */
  after: number[];
  /** It reads after work was started that goes on in the background. */
  watches: boolean;
  /**
   * Later exchanges that ask the same before anything else is written: what they show is what this one may show too,
   * when the work is quicker than it was.
   */
  laterMoments: number[];
}

export function plan(table: RouteTable, exchanges: readonly RecordedExchange[]): Step[] {
  const routes = new Map(table.routes.map((route) => [route.key, route]));
  const polled = polledKinds(table);
  const madeBy = new Map<string, number>();
  let working = false;
  return exchanges.map((exchange, index) => {
    const route = routes.get(exchange.route);
    const needed = idsUsed(exchange.target, madeBy);
    const made = idsMade(route, exchange.answer);
    for (const { value } of made) madeBy.set(value, index);
    const before = exchanges
      .slice(0, index)
      .flatMap((earlier, i) => (earlier.end < exchange.start ? [i] : []));
    const step = {
      exchange,
      route,
      after: [...new Set([...before, ...needed])],
      watches: working && isRead(exchange, route),
      laterMoments: isRead(exchange, route) ? sameQuestions(exchanges, index, routes) : [],
    };
    working ||= made.some(({ kind }) => polled.has(kind));
    return step;
  });
}

/** Kinds of things that a polling route is asked about: making one starts work that goes on after the answer. */
function polledKinds(table: RouteTable): Set<string> {
  const kinds = table.routes.flatMap(({ polling, ids }) =>
    polling ? ids.filter(({ place }) => place.in === 'path').map(({ kind }) => kind) : [],
  );
  return new Set(kinds);
}

const isRead = (exchange: RecordedExchange, route: Route | undefined) =>
  route?.access === 'read' && (exchange.method === 'GET' || exchange.method === 'HEAD');

function sameQuestions(
  exchanges: readonly RecordedExchange[],
  index: number,
  routes: ReadonlyMap<string, Route>,
): number[] {
  const asked = exchanges[index];
  const later: number[] = [];
  for (let i = index + 1; i < exchanges.length; i += 1) {
    const exchange = exchanges[i];
    if (!exchange || !asked) break;
    const route = routes.get(exchange.route);
    if (route?.access === 'write' && exchange.method === route.method && exchange.answer.status < 400) break;
    if (exchange.method === asked.method && exchange.target === asked.target) later.push(i);
  }
  return later;
}
