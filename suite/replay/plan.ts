/**
 * What a replay has to know of a recording before it starts: who waits for whom, and which reads watch work that goes
 * on after an answer (an upload that is processed), so that they are repeated until the recorded state is reached.
 */
import { compareAnswers } from '@banyan/compare/compare.ts';
import { Bindings } from '@banyan/compare/volatile/bindings.ts';
import type { RecordedExchange } from '@banyan/gateway/record/read-recording.ts';
import type { Route, RouteTable } from '@banyan/route-table/route-table.ts';
import { learnGraph, type ValueGraph } from './graph.ts';

export interface Step {
  exchange: RecordedExchange;
  route: Route | undefined;
  /** Exchanges that have to be over before this one is sent. */
  after: number[];
  /** It reads while work goes on in the background, or may go on for all that the recording shows. */
  watches: boolean;
  /**
   * Later exchanges that ask the same before anything else is written: what they show is what this one may show too,
   * when the work is quicker than it was.
   */
  laterMoments: RecordedExchange[];
}

export interface Plan {
  steps: Step[];
  /** Who made a value up, and who used it. */
  graph: ValueGraph;
}

export function plan(table: RouteTable, exchanges: readonly RecordedExchange[]): Plan {
  const routes = new Map(table.routes.map((route) => [route.key, route]));
  const polled = polledKinds(table);
  const graph = learnGraph(exchanges);
  const working = new WorkInTheBackground(exchanges, routes);
  // Steps are sent in their order: what one of them waited for is over for every later one too.
  let open: RecordedExchange[] = [];
  const steps = exchanges.map((exchange, place) => {
    const route = routes.get(exchange.route);
    const before = open.filter(({ end }) => end < exchange.start);
    open = [...open.filter(({ end }) => end >= exchange.start), exchange];
    const needed = graph.usedBy(exchange.index).map(({ value }) => value.madeAt.index);
    const reads = isRead(exchange, route);
    const watches = working.at(place) && reads;
    const step = {
      exchange,
      route,
      after: [...new Set([...before.map((each) => each.index), ...needed])],
      watches,
      laterMoments: watches ? sameQuestions(exchanges, place, routes) : [],
    };
    if (startsWork(exchange, route, polled)) working.startedBy(place);
    return step;
  });
  return { steps, graph };
}

const startsWork = ({ answer }: RecordedExchange, route: Route | undefined, polled: ReadonlySet<string>) =>
  answer.status < 400 && (route?.ids.some(({ role, kind }) => role === 'made' && polled.has(kind)) ?? false);

/** Kinds of things that a polling route is asked about: making one starts work that goes on after the answer. */
function polledKinds(table: RouteTable): Set<string> {
  const kinds = table.routes.flatMap(({ polling, ids }) =>
    polling ? ids.filter(({ place }) => place.in === 'path').map(({ kind }) => kind) : [],
  );
  return new Set(kinds);
}

const isRead = (exchange: RecordedExchange, route: Route | undefined) =>
  route?.access === 'read' && (exchange.method === 'GET' || exchange.method === 'HEAD');

/**
 * Whether work that was started may still go on. It is over with the last read, before anything else is written, that
 * shows something else than it did before; where no read shows it, it may go on to the end.
 */
class WorkInTheBackground {
  readonly #exchanges: readonly RecordedExchange[];
  readonly #routes: ReadonlyMap<string, Route>;
  #until = -1;

  constructor(exchanges: readonly RecordedExchange[], routes: ReadonlyMap<string, Route>) {
    this.#exchanges = exchanges;
    this.#routes = routes;
  }

  at(index: number): boolean {
    return index <= this.#until;
  }

  startedBy(index: number): void {
    let last = Number.POSITIVE_INFINITY;
    for (let i = index + 1; i < this.#exchanges.length && !this.#writes(i); i += 1)
      if (this.#showsNews(i)) last = i;
    this.#until = Math.max(this.#until, last);
  }

  #writes(index: number): boolean {
    const exchange = this.#exchanges[index];
    const route = exchange && this.#routes.get(exchange.route);
    return exchange !== undefined && isWrite(exchange, route);
  }

  #showsNews(index: number): boolean {
    const exchange = this.#exchanges[index];
    if (!exchange) return false;
    const earlier = this.#exchanges.slice(0, index).findLast((other) => asksTheSame(other, exchange));
    if (!earlier) return false;
    const { method, route: key, answer } = exchange;
    const route = this.#routes.get(key);
    const compared = { method, route, left: earlier.answer, right: answer, bindings: new Bindings() };
    return compareAnswers(compared).differences.length > 0;
  }
}

const asksTheSame = (a: RecordedExchange, b: RecordedExchange) =>
  a.method === b.method && a.target === b.target;

const isWrite = (exchange: RecordedExchange, route: Route | undefined) =>
  route?.access === 'write' && exchange.method === route.method && exchange.answer.status < 400;

function sameQuestions(
  exchanges: readonly RecordedExchange[],
  index: number,
  routes: ReadonlyMap<string, Route>,
): RecordedExchange[] {
  const asked = exchanges[index];
  const later: RecordedExchange[] = [];
  for (let i = index + 1; i < exchanges.length; i += 1) {
    const exchange = exchanges[i];
    if (!exchange || !asked) break;
    const route = routes.get(exchange.route);
    if (isWrite(exchange, route)) break;
    if (asksTheSame(exchange, asked)) later.push(exchange);
  }
  return later;
}
