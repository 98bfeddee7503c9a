/**
 * Holds the route table's id and time fields against what was learned from the traffic: values where the table has no
 * field, and fields in which no recording ever showed a value.
 */

import type { RecordedExchange, Recording } from '@banyan/gateway/record/read-recording.ts';
import type { Place, Route, RouteKey, RouteTable } from '@banyan/route-table/route-table.ts';
import { learnGraph, type MadeValue, type Seen, spotName, type ValueKind } from './replay/graph.ts';

export interface GraphMiss {
  route: RouteKey;
  /** `path chat_id`, `request $.to`, `response $[*].id` */
  place: string;
  /** What is wrong, as a sentence. */
  what: string;
}

export interface GraphCheck {
  /** The traffic shows it, and the table does not say it. */
  undeclared: GraphMiss[];
  /** The table says it, and no recording shows it. */
  unseen: GraphMiss[];
}

export function checkGraph(table: RouteTable, recordings: readonly Recording[]): GraphCheck {
  const routes = new Map(table.routes.map((route) => [route.key, route]));
  const seen = new Set<string>();
  const undeclared = new Map<string, GraphMiss>();
  for (const recording of recordings) {
    for (const value of learnGraph(recording.exchanges).values.values())
      for (const { at, what } of faultsOf(value, routes, recording, seen)) {
        const miss = { route: at.route, place: placeName(routes.get(at.route), at), what };
        undeclared.set(`${miss.route} ${miss.place} ${what}`, miss);
      }
  }
  const unseen = table.routes.flatMap((route) =>
    fieldsOf(route).flatMap(({ place, kind }) =>
      seen.has(`${route.key} ${place} ${kind}`)
        ? []
        : [
            {
              route: route.key,
              place,
              what: `no recording shows ${kind === 'id' ? 'an id' : 'a time'} here`,
            },
          ],
    ),
  );
  return { undeclared: [...undeclared.values()], unseen };
}

function* faultsOf(
  value: MadeValue,
  routes: ReadonlyMap<RouteKey, Route>,
  recording: Recording,
  seen: Set<string>,
): Generator<{ at: Seen; what: string }> {
  const { kind, madeAt, uses, shown } = value;
  for (const at of [madeAt, ...uses, ...shown]) {
    const route = routes.get(at.route);
    const place = placeName(route, at);
    seen.add(`${at.route} ${place} ${kind}`);
    // A path that is no route has no fields: where its answers differ, the comparison says so.
    if (!route) continue;
    if (!fieldsOf(route).some((field) => field.place === place && field.kind === kind))
      yield {
        at,
        what: `${kind === 'id' ? 'an id' : 'a time'} stands here, and the table has no field for it`,
      };
  }
  const role = routes
    .get(madeAt.route)
    ?.ids.find(({ place }) => nameOf(place) === placeName(routes.get(madeAt.route), madeAt))?.role;
  if (role === 'invented' && uses.length + shown.length > 0)
    yield { at: madeAt, what: 'the table says that these ids are invented, and one is seen again' };
  if (role === 'used' && recording.state === undefined && !overlaps(recording.exchanges, madeAt.index))
    yield { at: madeAt, what: 'the table says that this id was made before, and no answer before shows it' };
}

/** Something else was under way: what made the value may not have been answered yet. */
function overlaps(exchanges: readonly RecordedExchange[], index: number): boolean {
  const own = exchanges[index];
  return exchanges.some((other) => own && other !== own && other.start < own.end && other.end > own.start);
}

interface Field {
  place: string;
  kind: ValueKind;
}

function fieldsOf(route: Route): Field[] {
  return [
    ...route.ids.map(({ place }) => ({ place: nameOf(place), kind: 'id' as const })),
    ...route.times.map(({ place }) => ({ place: nameOf(place), kind: 'time' as const })),
  ];
}

const nameOf = (place: Place) => (place.in === 'path' ? `path ${place.name}` : `${place.in} ${place.at}`);

function placeName(route: Route | undefined, { spot }: Seen): string {
  if (spot.in !== 'path' || !route) return spotName(spot);
  const name = route.path.split('/')[spot.segment];
  return name?.startsWith(':') ? `path ${name.slice(1)}` : spotName(spot);
}
