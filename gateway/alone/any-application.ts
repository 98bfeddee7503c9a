/** An application of which nothing is said: every path is the last row, anything else, and legacy serves it. */
import { defineRouteTable } from '@banyan/route-table/checks.ts';
import { ANYTHING_ELSE } from '@banyan/route-table/route-table.ts';
import type { Application } from '../application.ts';

/** Milliseconds that an answer may take to start. */
const longest = 300_000;

/** @param name shown to people */
export function anyApplication(name: string): Application {
  return {
    name,
    table: defineRouteTable({
      routes: [],
      anythingElse: { key: ANYTHING_ELSE, access: 'read', longest },
    }),
    // So that a flag which sends it anything is refused.
    implemented: new Set(),
    newBackend: {
      name: 'new',
      send: () =>
        Promise.reject(new Error('This gateway was given no application, so it has no new backend.')),
      close: async () => {},
    },
    prepare: async () => {},
    withheld: () => undefined,
    errorHeaders: () => [],
  };
}
