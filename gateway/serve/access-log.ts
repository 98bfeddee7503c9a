/** One line a request: the route, never the path, which carries names and ids. */
import { isKept, outsideOfSpans } from '@banyan/operations/tracing/spans.ts';
import { inBatches } from '../batches.ts';
import { type InfoLines, infoLines, type Logger } from '../log.ts';
import type { Exchange, Outcome } from './exchange.ts';

/** What a line says, kept apart from the exchange, which nothing holds on to once it is over. */
interface Line {
  into: InfoLines;
  /** `Date.now()` at its end. */
  at: number;
  request: string;
  method: string | undefined;
  route: string;
  backend: Outcome['backend'];
  status: number;
  milliseconds: number;
  fault: string | undefined;
  reason: string | undefined;
  canonical: boolean;
  trace: string | undefined;
}

/** Of all logs of the process, so that one hook at the exit sees to what is waiting. */
const batches = inBatches<Line>((lines) => outsideOfSpans(() => writeAll(lines)));

/** Says of an exchange how it ended; the line is written a tenth of a second later at the latest. */
export type LogExchange = (exchange: Exchange, outcome: Outcome) => void;

export function accessLog(log: Logger): LogExchange {
  const into = infoLines(log);
  return (exchange, outcome) => {
    if (!log.isLevelEnabled('info')) return;
    batches.add({
      into,
      at: Date.now(),
      request: exchange.id,
      method: exchange.incoming.method,
      route: exchange.row.key,
      backend: outcome.backend,
      status: exchange.outgoing.statusCode,
      milliseconds: performance.now() - exchange.startedAt,
      fault: outcome.fault,
      reason: outcome.reason,
      canonical: exchange.target.canonical,
      trace: exchange.trace,
    });
  };
}

/** Before a log is closed. */
export const flushAccessLog = (): void => batches.flush();

function writeAll(lines: readonly Line[]): void {
  let pieces: string[] = [];
  lines.forEach((line, i) => {
    put(line, pieces);
    if (line.into === lines[i + 1]?.into) return;
    line.into.write(pieces.join(''));
    pieces = [];
  });
}

/**
 * Pieces that are joined once: V8 makes a tree of each text that is put together bit by bit, and walks it for the bytes. Ids,
 * codes of the catalogue and methods, which are Node's, are written as they are.
 */
function put(line: Line, to: string[]): void {
  const { into, at, request, method, route, backend, status, milliseconds } = line;
  to.push(into.head(at), ',"request":"', request, '","method":"', method ?? '', '","route":', quoted(route));
  to.push(',"backend":"', backend, '","status":', `${status}`, ',"ms":', toTenths(milliseconds));
  if (line.fault) to.push(',"fault":"', line.fault, '"');
  if (line.reason) to.push(',"reason":', JSON.stringify(line.reason));
  if (!line.canonical) to.push(',"canonical":false');
  if (isKept(line.trace)) to.push(ofTrace(line.trace));
  to.push(',"msg":"exchange"}\n');
}

/** By OpenTelemetry's names for logs that are not its own. */
const ofTrace = (traceparent: string) =>
  `,"trace_id":"${traceparent.slice(3, 35)}","span_id":"${traceparent.slice(36, 52)}"`;

/** Routes, which are few. */
const inQuotes = new Map<string, string>();

function quoted(route: string): string {
  const known = inQuotes.get(route);
  if (known !== undefined) return known;
  const text = JSON.stringify(route);
  inQuotes.set(route, text);
  return text;
}

/** By whole numbers, whose texts V8 keeps. */
function toTenths(milliseconds: number): string {
  const tenths = Math.round(milliseconds * 10);
  const rest = tenths % 10;
  return rest === 0 ? `${tenths / 10}` : `${(tenths - rest) / 10}.${rest}`;
}
