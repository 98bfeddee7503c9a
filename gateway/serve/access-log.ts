/** One line a request: the route, never the path, which carries names and ids. */
import type { Logger } from '../log.ts';
import type { Exchange, Outcome, Row } from './exchange.ts';

export function logExchange(log: Logger, exchange: Exchange, row: Row, outcome: Outcome): void {
  if (!log.isLevelEnabled('info')) return;
  const { incoming, outgoing } = exchange;
  const line = {
    request: exchange.id,
    method: incoming.method,
    route: row.key,
    backend: outcome.backend,
    status: outgoing.statusCode,
    ms: Math.round((performance.now() - exchange.startedAt) * 10) / 10,
    ...(outcome.fault && { fault: outcome.fault }),
    ...(!exchange.target.canonical && { canonical: false }),
  };
  log.info(line, 'exchange');
}
