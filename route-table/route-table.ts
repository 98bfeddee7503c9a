/**
 * The shape of a route table: what everything outside `services/` and `legacy/` knows of an application.
 *
 * The gateway, the recorder, the comparator and the contract suite are driven by these columns and by nothing else,
 * so another application is moved by writing another table. The columns of the continuity protocol (keys, ids, times,
 * order, probe, relay) are part of the table from the start; what reads them today is named at each.
 */

import type { RouteConfig } from '@hono/zod-openapi';
import type { LegacyDialect } from './dialect.ts';

/** Something that can serve a route. */
export type BackendName = 'legacy' | 'new';

export type HttpMethod = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** `GET /api/chats/:chat_id`: the name of a route in flags, logs, reports and commands. */
export type RouteKey = string;

/** The key of the last row: every path that is not a route. */
export const ANYTHING_ELSE = 'anything else';

/**
 * A place in a JSON body: `$` is the body, `.name` a member, `[*]` every element.
 * Only these three forms exist, so that a place can be read, bound and rewritten alike.
 */
export type JsonPlace = `$${string}`;

/** Where a value of an exchange stands. */
export type Place =
  | { in: 'path'; name: string }
  | { in: 'request'; at: JsonPlace }
  | { in: 'response'; at: JsonPlace };

/**
 * What a request touches; the unit of order and currency.
 * `one` is an entity named by a value of the exchange, `every` all entities of a kind, `list` their enumeration.
 */
export type Key = { one: string; named: Place } | { every: string } | { list: string };

/** A field that carries an id. Read by the contract suite (binding) and by the id registry. */
export interface IdField {
  /** The kind of thing the id names, e.g. `chat`; one registry of public and private ids a kind. */
  kind: string;
  place: Place;
  /**
   * `made`: the backend makes it up in this answer and it can be used afterwards.
   * `used`: it was made before, by this route or another.
   * `invented`: made up anew in every answer and never accepted anywhere.
   */
  role: 'made' | 'used' | 'invented';
  format: 'uuid4';
}

/** A field that carries a time. */
export interface TimeField {
  place: Place;
  /** `stored`: the same in every later answer until the entity changes. `now`: the moment of the answer. */
  role: 'stored' | 'now';
  /** `2026-01-31T09:15:00.123456Z`: local wall time, six digits, a literal Z. */
  format: 'local-microseconds-z';
}

/** The order of a list in an answer: stable, by a field of its elements. */
export interface ListOrder {
  at: JsonPlace;
  by: string;
  direction: 'ascending' | 'descending';
}

/** A list whose elements belong to one entity each, so that they can come from one backend or the other. */
export interface ElementList {
  at: JsonPlace;
  /** The kind of the entities, and the member of an element that has their id. */
  kind: string;
  owner: string;
  /** Where the answer says how many there are. */
  count?: JsonPlace;
}

/**
 * How to find out afterwards whether a backend did a write whose outcome is not known.
 * `read` is the route that shows it; the rest says what to look for in its answer.
 */
export type Probe =
  | {
      /** A new element, of an id nobody knows yet, whose fields fit. */
      shows: 'element-added';
      read: RouteKey;
      at: JsonPlace;
      id: string;
      fits: Record<string, Place | 'time-of-write'>;
      /** Where it stands once what it began has ended: without its id, so that only their number says anything. */
      ended?: { at: JsonPlace; fits: Record<string, Place> };
    }
  | {
      /** The list has grown and ends with these elements. */
      shows: 'tail-added';
      read: RouteKey;
      at: JsonPlace;
      grows: number;
      tail: Record<string, Place>[];
    }
  | {
      shows: 'field-set';
      read: RouteKey;
      at: JsonPlace;
      where: Record<string, Place>;
      field: string;
      to: Place;
    }
  | { shows: 'element-gone'; read: RouteKey; at: JsonPlace; where: Record<string, Place> };

/**
 * What legacy keeps in memory alone, so that a restart makes it forget: there the new backend may show more than legacy, and that is
 * no difference but something that legacy lacks.
 */
export interface Forgotten {
  /** Lists of which legacy may lack elements. It shows the elements that it still has in the new backend's order. */
  lists?: JsonPlace[];
  /** Numbers that count the elements of these lists. */
  counts?: JsonPlace[];
  /** What legacy answers once it has forgotten the entity. */
  status?: number;
}

/** How a model call is tied to the request that caused it: by the text that its last turn ends with. */
export interface RelayTemplate {
  /** What the last turn ends with; `{message}` stands for the message. The longest match wins. */
  lastTurn: string[];
  /** Where the request has the message; the backends strip white space from its ends. */
  message: Place;
  /** Where the answer shows the model's reply. */
  reply: Place;
}

export interface Route {
  /** The table's, of a route that is in one. */
  dialect?: LegacyDialect | undefined;
  key: RouteKey;
  method: HttpMethod;
  /** `/api/chats/:chat_id`: a parameter is one non-empty segment. */
  path: string;
  access: 'read' | 'write';
  /** What the request body is; `ignored` is never read by the backends. */
  body: 'none' | 'ignored' | 'json' | 'multipart';
  /** Schemas and prose for the OpenAPI document. */
  openapi: RouteConfig;
  keys: Key[];
  ids: IdField[];
  times: TimeField[];
  /**
   * Reads of lists only: numbers of an entity that a backend counts itself, and may count wrongly where requests race each other.
   * The mirror tells the new backend what legacy shows, so that a number does not change with a flip.
   */
  counts?: JsonPlace[];
  order?: ListOrder;
  elements?: ElementList;
  /** Reads only. */
  forgotten?: Forgotten;
  /** Writes only. */
  probe?: Probe;
  relay?: RelayTemplate;
  /** Clients see the answer to such a write as it comes, whatever its type is; that of server-sent events always. */
  streams?: true;
  /**
   * A route whose recorded repetitions are a wait for a state, the states that end it, and the time at which it ended.
   * `underWay`: states that prove that the work goes on. In any other state legacy may have lost track of it.
   */
  polling?: { at: JsonPlace; until: string[]; ended?: JsonPlace; underWay?: string[] };
  /** The longest that a backend may work on it before its answer starts, in milliseconds. */
  longest: number;
  /**
   * Writes only: the largest body that the gateway keeps for the journal, in bytes; a larger one is answered 413. More than what
   * legacy itself refuses, so that clients are told by legacy. 16 MiB unless told, 64 MiB for `multipart`.
   */
  largestBody?: number;
}

/** The largest body that a write may have while writes are journaled, in bytes. */
export const largestBodyOf = ({ largestBody, body }: Pick<Route, 'largestBody' | 'body'>): number =>
  largestBody ?? (body === 'multipart' ? 64 : 16) * 1024 ** 2;

/** The last row. It has a flag, a label and a deadline like a route, and no schema. */
export interface AnythingElse {
  key: typeof ANYTHING_ELSE;
  access: 'read';
  longest: number;
}

export interface RouteTable {
  /** How legacy reads requests; as JavaScript does unless told. */
  dialect?: LegacyDialect | undefined;
  routes: readonly Route[];
  anythingElse: AnythingElse;
}

/** The same table of a legacy app that reads requests in its own way. */
export const inDialect = (table: RouteTable, dialect: LegacyDialect): RouteTable => ({
  ...table,
  dialect,
  routes: table.routes.map((route) => ({ ...route, dialect })),
});

/** Every row's key, in table order, the last row last. */
export function routeKeys(table: RouteTable): RouteKey[] {
  return [...table.routes.map((route) => route.key), table.anythingElse.key];
}
