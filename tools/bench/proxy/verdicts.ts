/** What was asked of the gateway, and whether it is so. */
import { ratio } from '../statistics.ts';
import { efficiencyOf, megabytes, type References, type Row, requestsOf } from './figures.ts';
import type { Uploads } from './run.ts';

const floor = 0.9;
const most = 20 * 1024 * 1024;

export function verdicts(rows: readonly Row[], references: References): string[] {
  return rows
    .filter(({ kind }) => kind === 'gateway')
    .flatMap((row) => [
      ...(['small', 'large'] as const).flatMap((body) => [
        against(row, references.library, body, 'floor'),
        against(row, references.bare(body), body, 'aim'),
      ]),
      uploads(row.name, row.measured.uploads),
    ])
    .filter((line) => line !== undefined);
}

function against(
  row: Row,
  reference: Row | undefined,
  body: 'small' | 'large',
  what: string,
): string | undefined {
  if (!reference) return undefined;
  const compare = (of: typeof requestsOf) =>
    ratio(row.measured[body].map(of), reference.measured[body].map(of)).median;
  const [requests, efficiency] = [compare(requestsOf), compare(efficiencyOf)];
  const met = requests >= floor ? 'met' : 'NOT MET';
  const size = body === 'small' ? 'small JSON' : '1 MB';
  return `${row.name}, ${size}: ${requests.toFixed(2)} of ${reference.name} (${efficiency.toFixed(2)} by CPU); ${what} ${floor}: ${met}`;
}

function uploads(name: string, memory: Uploads | undefined): string | undefined {
  if (!memory) return undefined;
  if ('fault' in memory) return `${name}, 50 MB uploads: FAILED`;
  const met = Math.max(memory.one, memory.ten) <= most ? 'met' : 'NOT MET';
  return `${name}, 50 MB uploads: +${megabytes(memory.one)} MB for one, +${megabytes(memory.ten)} MB for ten at once; at most +20: ${met}`;
}
