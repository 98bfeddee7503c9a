/** What legacy's answers say of its clock: their `Date`, and times that legacy wrote while it worked on the request. */
import { isLocalTime } from '@banyan/compare/volatile/formats.ts';
import { headerOf } from '@banyan/operations/http/headers.ts';
import type { JsonPlace, Route, RouteTable } from '@banyan/route-table/route-table.ts';
import { parseBody } from '../json/parse-body.ts';
import type { StoredAnswer } from '../protocol/entry.ts';
import { readPlace } from '../protocol/places.ts';
import type { Exchange, LegacyClock } from './legacy-clock.ts';

/** @param raw as legacy gave it, whole and in the form that the gateway reads */
export function sampleClock(clock: LegacyClock, route: Route, raw: StoredAnswer, exchange: Exchange): void {
  const date = headerOf(raw.rawHeaders, 'date');
  // A cache's answer has the time at which legacy made it.
  if (date !== undefined && headerOf(raw.rawHeaders, 'age') === undefined) clock.dated(date, exchange);
  const places = raw.status < 400 ? momentsIn(route) : [];
  if (places.length === 0) return;
  const body = parseBody(raw.body);
  for (const place of places)
    for (const time of readPlace(body, place))
      if (typeof time === 'string' && isLocalTime(time)) clock.told(time, exchange);
}

/** Single times of an answer that are the moment of the request: `now`, and of what was just made the time that its probe looks for. */
export function momentsIn({ times, probe }: Route): JsonPlace[] {
  const made = probe?.shows === 'element-added' ? Object.entries(probe.fits) : [];
  const ofMade = new Set(made.flatMap(([member, what]) => (what === 'time-of-write' ? [`$.${member}`] : [])));
  return times.flatMap(({ place, role }) => {
    if (place.in !== 'response' || place.at.includes('[*]')) return [];
    return role === 'now' || ofMade.has(place.at) ? [place.at] : [];
  });
}

/** A read that tells legacy's time whenever it is asked. */
export const clockRoute = ({ routes }: RouteTable): Route | undefined =>
  routes.find(
    ({ method, path, times }) =>
      method === 'GET' &&
      !path.includes(':') &&
      times.some(({ place, role }) => role === 'now' && place.in === 'response' && !place.at.includes('[*]')),
  );
