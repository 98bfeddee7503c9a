/** Answers of legacy and of the gateway, without what may differ between two right ones. */
import type { Answer } from '@banyan/operations/testing/client.ts';

export interface Comparable {
  line: string;
  headers: string[];
  body: string;
}

const ofTheServer = new Set(['server', 'date', 'connection', 'keep-alive']);

/** The server's own headers are left out, the methods of `Allow` put in order, the time of health replaced. */
export function comparable(answer: Answer): Comparable {
  const kept = answer.headers.filter(([name]) => !ofTheServer.has(name.toLowerCase()));
  return {
    line: answer.line,
    headers: kept.map(([name, value]) => `${name}: ${name === 'Allow' ? inOrder(value) : value}`),
    body: answer.body.replace(/"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z"/, '"<now>"'),
  };
}

const inOrder = (allow: string) => allow.split(', ').sort().join(', ');
