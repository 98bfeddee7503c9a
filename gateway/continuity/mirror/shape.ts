/** Whether the answer to a replay is of the shape of the answer that the client got: as far as the route table tells. */

import { isUuid4 } from '@banyan/compare/volatile/formats.ts';
import type { JsonPlace, Route } from '@banyan/route-table/route-table.ts';
import { z } from 'zod';
import { parseBody } from '../json/places.ts';
import type { StoredAnswer } from '../protocol/entry.ts';
import { readPlace } from '../protocol/places.ts';
import { mediaType } from '../sides/headers.ts';

/** An answer's body: nothing, JSON, or something else. */
interface Content {
  kind: 'no body' | 'JSON' | 'not JSON';
  type: string | undefined;
  json: unknown;
  text: string;
}

const jsonType = /[/+]json$/;

export function contentOf({ rawHeaders, body }: Pick<StoredAnswer, 'rawHeaders' | 'body'>): Content {
  const type = mediaType(rawHeaders) || undefined;
  const text = Buffer.from(body).toString('utf8');
  if (body.byteLength === 0) return { kind: 'no body', type: undefined, json: undefined, text };
  const json = type === undefined || jsonType.test(type) ? parseBody(body) : undefined;
  return { kind: json === undefined ? 'not JSON' : 'JSON', type, json, text };
}

/**
 * @param client as the client got it; undefined where nobody got an answer: then the route table alone says what is wanted
 * @returns what is wrong with the other answer, for people; undefined where nothing is
 */
export function shapeFault(
  route: Route,
  client: StoredAnswer | undefined,
  other: StoredAnswer,
): string | undefined {
  const theirs = contentOf(other);
  const ours = client && contentOf(client);
  if (ours && ours.kind !== theirs.kind) return `it has ${theirs.kind}, and the client's has ${ours.kind}`;
  if (ours && ours.type !== theirs.type)
    return `its content type is ${theirs.type ?? 'missing'}, and the client's is ${ours.type ?? 'missing'}`;
  if (!ours && theirs.kind !== 'JSON') return wantsJson(route) ? 'it is not JSON' : loginFault(theirs, '');
  if (theirs.kind !== 'JSON') return loginFault(theirs, ours?.text ?? '');
  return (
    membersFault(ours?.json, theirs.json, ours !== undefined) ??
    fieldsFault(route, ours?.json, theirs.json, ours !== undefined) ??
    schemaFault(route, client?.status ?? other.status, ours?.json, theirs.json, ours !== undefined)
  );
}

const password = /<input\b[^>]*\btype\s*=\s*["']?password\b/i;

function loginFault(theirs: Content, ours: string): string | undefined {
  return password.test(theirs.text) && !password.test(ours) ? 'it asks for a password' : undefined;
}

/** Whether the table says anything of the JSON that the route answers. */
function wantsJson(route: Route): boolean {
  return fieldsOf(route).length > 0 || successSchemas(route).length > 0;
}

const typeOf = (value: unknown) => (value === null ? 'null' : Array.isArray(value) ? 'list' : typeof value);

const failures = ['error', 'errors', 'exception', 'fault'];
const successes = ['ok', 'success'];

/** Object, list or value; a failure in the body of a success; members of another type. */
function membersFault(ours: unknown, theirs: unknown, isKnown: boolean): string | undefined {
  if (isKnown && typeOf(ours) !== typeOf(theirs))
    return `it is of type ${typeOf(theirs)}, and the client's is of type ${typeOf(ours)}`;
  if (typeOf(theirs) !== 'object') return undefined;
  const members = theirs as Record<string, unknown>;
  const known = (isKnown ? ours : {}) as Record<string, unknown>;
  const failed =
    failures.find((name) => Boolean(members[name]) && !known[name]) ??
    successes.find((name) => members[name] === false && known[name] !== false);
  if (failed !== undefined) return `it says in $.${failed} that it failed`;
  const names = Object.keys(known);
  if (names.length > 0 && !names.some((name) => Object.hasOwn(members, name)))
    return `it has none of the members ${names.join(', ')} of the client's`;
  const other = names.find(
    (name) =>
      Object.hasOwn(members, name) &&
      ![typeOf(members[name]), typeOf(known[name])].includes('null') &&
      typeOf(members[name]) !== typeOf(known[name]),
  );
  return other === undefined
    ? undefined
    : `$.${other} is of type ${typeOf(members[other])}, and the client's is of type ${typeOf(known[other])}`;
}

interface Field {
  at: JsonPlace;
  isUuid: boolean;
  mayBeNull: boolean;
}

/** What the route table declares of the answer. */
function fieldsOf({ ids, times, relay }: Route): Field[] {
  const reply = relay && { place: relay.reply, isUuid: false, mayBeNull: true };
  const all = [
    ...ids.map(({ place, format }) => ({ place, isUuid: format === 'uuid4', mayBeNull: false })),
    ...times.map(({ place }) => ({ place, isUuid: false, mayBeNull: true })),
    ...(reply ? [reply] : []),
  ];
  return all.flatMap(({ place, ...rest }) => (place.in === 'response' ? [{ at: place.at, ...rest }] : []));
}

function fieldsFault(route: Route, ours: unknown, theirs: unknown, isKnown: boolean): string | undefined {
  for (const { at, isUuid, mayBeNull } of fieldsOf(route)) {
    const known = readPlace(ours, at);
    const found = readPlace(theirs, at);
    const isWanted = !at.includes('[*]') && (!isKnown || known.length > 0);
    if (isWanted && found.length === 0) return `it has no ${at}`;
    const types = new Set(isKnown && known.length > 0 ? known.map(typeOf) : ['string', 'number']);
    if (mayBeNull) types.add('null').add('string');
    const wrong = found.find((value) => !types.has(typeOf(value)) || value === '');
    if (wrong !== undefined && !known.includes(wrong)) return `its ${at} is ${JSON.stringify(wrong)}`;
    const wantsUuid = isUuid && known.length > 0 && known.every((id) => isUuid4(String(id)));
    const other = wantsUuid ? found.find((id) => !isUuid4(String(id))) : undefined;
    if (other !== undefined) return `its ${at} is ${JSON.stringify(other)}`;
  }
  return undefined;
}

function schemaFault(
  route: Route,
  status: number,
  ours: unknown,
  theirs: unknown,
  isKnown: boolean,
): string | undefined {
  const schema = schemaOf(route, status) ?? (isKnown ? undefined : successSchemas(route)[0]);
  // What legacy itself does not hold to is asked of nobody.
  if (!schema || (isKnown && !schema.safeParse(ours).success)) return undefined;
  const { error } = schema.safeParse(theirs);
  const [issue] = error?.issues ?? [];
  if (!issue) return undefined;
  const at = issue.path.map((step) => (typeof step === 'number' ? `[${step}]` : `.${String(step)}`)).join('');
  return `it is not what the route table documents: $${at}: ${issue.message}`;
}

function schemaOf(route: Route, status: number | string): z.ZodType | undefined {
  const documented = (
    route.openapi.responses as Record<string, { content?: object } | undefined> | undefined
  )?.[status];
  const [media] = Object.values(documented?.content ?? {}) as { schema?: unknown }[];
  return media?.schema instanceof z.ZodType ? media.schema : undefined;
}

const successSchemas = (route: Route) =>
  Object.keys(route.openapi.responses ?? {}).flatMap((status) =>
    /^2\d\d$/.test(status) ? (schemaOf(route, status) ?? []) : [],
  );
