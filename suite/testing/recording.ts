/** Makes a recording of what a test does with a backend, without a gateway. */

import type { Answer } from '@banyan/compare/answer.ts';
import type { RecordedExchange, Recording } from '@banyan/gateway/record/read-recording.ts';
import { createMatch } from '@banyan/route-table/match.ts';
import { ANYTHING_ELSE, type RouteTable } from '@banyan/route-table/route-table.ts';
import { send } from '../replay/send.ts';

export type Ask = (method: string, target: string, body?: object | string) => Promise<Answer>;

export async function recordingOf(
  table: RouteTable,
  origin: string,
  use: (ask: Ask) => Promise<unknown>,
): Promise<Recording> {
  const match = createMatch(table);
  const exchanges: RecordedExchange[] = [];
  let sequence = 0;
  await use(async (method, target, value) => {
    const body =
      value === undefined
        ? undefined
        : Buffer.from(typeof value === 'string' ? value : JSON.stringify(value));
    const rawHeaders = ['Host', 'recorded.example', ...(body ? ['Content-Type', 'application/json'] : [])];
    const start = sequence++;
    const answer = await send(origin, { method, target, rawHeaders, body }, 5000);
    const routes = match(target.split('?')[0] ?? '')?.routes;
    const route = routes?.find((each) => each.method === method) ?? routes?.[0];
    const key = route?.key ?? ANYTHING_ELSE;
    exchanges.push({
      index: 0,
      method,
      target,
      rawHeaders,
      body,
      answer,
      route: key,
      backend: 'legacy',
      recordedAt: Date.now(),
      start,
      end: sequence++,
    });
    return answer;
  });
  const sorted = exchanges.toSorted((a, b) => a.start - b.start).map((each, index) => ({ ...each, index }));
  return { name: 'test', exchanges: sorted, leftOut: 0 };
}
