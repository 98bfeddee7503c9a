/** A request as legacy knows it: with its own ids in the declared places, and in no other. */
import { decodeString, type JsonValue, parseJson } from '@banyan/compare/json/parse.ts';
import { stepsOf } from '@banyan/compare/json/places.ts';
import type { Route } from '@banyan/route-table/route-table.ts';
import { findAll, inOrder, spliced, tokenOf } from '../json/splice.ts';
import type { IdRegistry } from '../names/id-registry.ts';

/** @param target path and query as the client sent them; the path is canonical and the route's */
export function legacyTarget(
  route: Pick<Route, 'path' | 'ids'>,
  params: Readonly<Record<string, string>>,
  target: string,
  ids: IdRegistry,
): string {
  const places = new Map(route.path.split('/').map((segment, i) => [segment, i]));
  let segments: string[] | undefined;
  for (const { kind, place } of route.ids) {
    if (place.in !== 'path' || !ids.differs(kind)) continue;
    const id = params[place.name] ?? '';
    const legacyId = ids.legacyOf(kind, id);
    const at = places.get(`:${place.name}`);
    if (legacyId === id || at === undefined) continue;
    segments ??= target.split('?', 1)[0]?.split('/') ?? [];
    segments[at] = encodeURIComponent(legacyId);
  }
  if (!segments) return target;
  const query = target.indexOf('?');
  return segments.join('/') + (query === -1 ? '' : target.slice(query));
}

export function legacyBody(route: Pick<Route, 'ids'>, body: Uint8Array, ids: IdRegistry): Uint8Array {
  const fields = route.ids.filter(({ kind, place }) => place.in === 'request' && ids.differs(kind));
  if (fields.length === 0) return body;
  const json = parseJson(Buffer.from(body).toString('latin1'));
  if (!json) return body;
  const splices = fields.flatMap(({ kind, place }) =>
    place.in !== 'request'
      ? []
      : findAll(json.value, stepsOf(place.at)).flatMap(({ value }) => {
          const id = textOf(value);
          const legacyId = id === undefined ? undefined : ids.legacyOf(kind, id);
          return legacyId === undefined || legacyId === id
            ? []
            : [{ start: value.start, end: value.end, text: tokenOf(legacyId) }];
        }),
  );
  return splices.length === 0 ? body : Buffer.from(spliced(json.text, inOrder(splices)), 'latin1');
}

const textOf = (value: JsonValue) => (value.kind === 'string' ? decodeString(value.lexeme) : undefined);
