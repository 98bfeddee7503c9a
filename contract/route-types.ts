/** What the chatbot's own code has to know of a route table. */
export type { LegacyDialect } from '@banyan/route-table/dialect.ts';
export {
  ANYTHING_ELSE,
  inDialect,
  type Route,
  type RouteKey,
  type RouteTable,
} from '@banyan/route-table/route-table.ts';
