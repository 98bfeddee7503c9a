/** The figures of a round, and the rows that the others are compared with. */
import { median } from '../statistics.ts';
import type { Round } from './measure.ts';
import { httpProxyMiddlewareAlone } from './peers/index.ts';
import type { Result } from './run.ts';

export type Row = Result & { measured: NonNullable<Result['measured']> };

/** Who the others are compared with. */
export interface References {
  /** http-proxy-middleware alone. */
  library: Row | undefined;
  /** The fastest of the bare Node proxies, for one kind of body. */
  bare(body: 'small' | 'large'): Row | undefined;
}

export function referencesOf(rows: readonly Row[]): References {
  const bare = rows.filter(({ kind }) => kind === 'bare');
  const speed = (row: Row, body: 'small' | 'large') => median(row.measured[body].map(requestsOf));
  return {
    library: bare.find(({ name }) => name === httpProxyMiddlewareAlone),
    bare: (body) => bare.toSorted((a, b) => speed(b, body) - speed(a, body))[0],
  };
}

export const requestsOf = (round: Round): number => round.requestsPerSecond;
/** Requests for one second of processor time. */
export const efficiencyOf = (round: Round): number => 1e6 / round.cpu;

export function megabytes(bytes: number | undefined): string {
  return bytes === undefined ? '' : (bytes / 1024 / 1024).toFixed(1);
}
