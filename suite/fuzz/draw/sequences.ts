/** Draws sequences of requests from a route table, its OpenAPI document and an application's grammar. */

import type { Route, RouteTable } from '@banyan/route-table/route-table.ts';
import fc from 'fast-check';
import type { Drawn } from '../drawn.ts';
import type { Grammar } from '../grammar.ts';
import { type DocumentedBody, documentedBodies } from './document.ts';
import { type Header, jsonTypes, preflightHeaders, someHeaders } from './headers.ts';
import { type Fields, jsonBodies } from './json-body.ts';
import { type MultipartBody, multipartBodies } from './multipart.ts';
import { queries, targets, tricked } from './targets.ts';
import { nastyText } from './text.ts';

/** The longest sequence that is drawn; reads of what it left behind come on top. */
const LONGEST = 30;

export function sequences(table: RouteTable, grammar: Grammar): fc.Arbitrary<Drawn[]> {
  const documented = documentedBodies(table);
  const drawn = (hasWork: boolean) => {
    const routes = table.routes.map((route) => ({
      weight: grammar.weights?.[route.key] ?? 1,
      arbitrary: requests(route, documented(route), grammar, !hasWork && startsWork(route, table)),
    }));
    // With a minimum, fast-check would not take the last element away when it shrinks.
    return fc.array(fc.oneof(...routes), { maxLength: LONGEST, size: 'max' });
  };
  if (!table.routes.some((route) => startsWork(route, table))) return drawn(true);
  return fc.oneof({ weight: WITHOUT_WORK, arbitrary: drawn(false) }, { weight: 1, arbitrary: drawn(true) });
}

/**
 * Sequences in which nothing is uploaded that would be read, to one in which it may be. What is read in the background takes
 * more of the machine than everything else in a sequence; uploads to chats that nobody made are cheap, and as badly made.
 */
const WITHOUT_WORK = 5;

/** It makes what a polling route is asked about. */
function startsWork({ ids, access }: Route, { routes }: RouteTable): boolean {
  const polled = routes.flatMap((route) =>
    route.polling ? route.ids.flatMap(({ place, kind }) => (place.in === 'path' ? [kind] : [])) : [],
  );
  return access === 'write' && ids.some(({ role, kind }) => role === 'made' && polled.includes(kind));
}

const methods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE', 'PROPFIND'];

function requests(
  route: Route,
  documented: DocumentedBody,
  grammar: Grammar,
  isOfNobody: boolean,
): fc.Arbitrary<Drawn> {
  const paths = targets(route, grammar, isOfNobody);
  const contents = bodies(route, documented, grammar);
  const with_ = (
    method: fc.Arbitrary<string>,
    path: fc.Arbitrary<string>,
    content: fc.Arbitrary<Content>,
    headers: fc.Arbitrary<readonly Header[]> = someHeaders,
  ): fc.Arbitrary<Drawn> =>
    fc
      .tuple(method, path, queries, headers, content)
      .map(([name, target, query, own, { headers: typed, body }]) => ({
        method: name,
        target: target + query,
        headers: [...own, ...typed],
        body,
      }));
  const own = fc.constant(route.method);
  return fc.oneof(
    { weight: 24, arbitrary: with_(own, paths, contents) },
    { weight: 1, arbitrary: with_(own, paths, stray) },
    { weight: 2, arbitrary: with_(own, tricked(paths), contents) },
    { weight: 1, arbitrary: with_(fc.constantFrom(...methods), paths, contents) },
    { weight: 1, arbitrary: with_(fc.constant(route.method === 'GET' ? 'HEAD' : 'GET'), paths, nothing) },
    { weight: 2, arbitrary: with_(fc.constant('OPTIONS'), paths, nothing, preflightHeaders) },
    { weight: 1, arbitrary: with_(fc.constantFrom(...methods), tricked(paths), nothing, preflightHeaders) },
  );
}

interface Content {
  headers: readonly Header[];
  body: Buffer | undefined;
}

const nothing: fc.Arbitrary<Content> = fc.constant({ headers: [], body: undefined });
/** Bodies where none belong, or of another kind than the route's. */
const stray: fc.Arbitrary<Content> = fc.constantFrom(
  { headers: [['Content-Type', 'application/json'] as const], body: Buffer.from('{"title": "stray"}') },
  { headers: [['Content-Type', 'text/plain'] as const], body: Buffer.from('stray') },
  { headers: [['Content-Length', '0'] as const], body: undefined },
  { headers: [], body: undefined },
);

function bodies(route: Route, documented: DocumentedBody, grammar: Grammar): fc.Arbitrary<Content> {
  if (route.body === 'json') {
    const json = jsonBodies(fieldsOf(route, documented, grammar), grammar.leaveOutBody);
    const sent = fc.oneof(
      { weight: 12, arbitrary: fc.constant([]) },
      { weight: 1, arbitrary: fc.constant([chunked]) },
    );
    return fc
      .tuple(json, jsonTypes, sent)
      .map(([body, headers, extra]) => ({ headers: [...headers, ...extra], body }));
  }
  const [field] = documented.files;
  if (route.body === 'multipart' && grammar.files && field !== undefined)
    return multipartBodies(field, grammar.files).map(({ headers, body }: MultipartBody) => ({
      headers,
      body,
    }));
  return nothing;
}

const mostlyBoolean = fc.oneof(
  { weight: 5, arbitrary: fc.boolean() },
  { weight: 1, arbitrary: fc.jsonValue() },
);

const chunked: Header = ['Transfer-Encoding', 'chunked'];

/** The document's fields, any text in those that are texts; what the grammar says of a field stands for it. */
function fieldsOf(route: Route, { json }: DocumentedBody, grammar: Grammar): Fields {
  const own = grammar.fields?.[route.key] ?? {};
  const any = Object.entries(json).map(([name, type]) => [
    name,
    type === 'string' ? nastyText : type === 'boolean' ? mostlyBoolean : fc.jsonValue(),
  ]);
  return { ...Object.fromEntries(any), ...own };
}
