/** A whole answer of a side, as clients know it. */
import type { BackendName, Route } from '@banyan/route-table/route-table.ts';
import { BanyanError } from '../../errors.ts';
import { type Names, needsRewriting } from '../json/exchanges.ts';
import { publicBody } from '../json/public-answer.ts';
import type { StoredAnswer } from '../protocol/entry.ts';
import { withLength, withoutDigests } from './headers.ts';
import { hasNoPlaces, isUsual, unreadableIn, whyUnreadable } from './unreadable.ts';

/** An answer as clients know it, and as the backend gave it. */
export interface Answers {
  shown: StoredAnswer;
  raw: StoredAnswer;
  /** Why it is not known what the answer says. `shown` is then as `raw`. */
  unreadable?: string;
  /** Whether an unreadable answer may name something by an id that clients must not see, or could not use. */
  isSecret?: boolean;
}

/**
 * The answer in public ids and times. The same object where nothing has to be changed.
 * @param raw in the form that the gateway reads
 * @throws BanyanError `answer_unreadable` where it may have ids in it and cannot be read
 */
export function shown(side: BackendName, route: Route, raw: StoredAnswer, names: Names): StoredAnswer {
  if (!needsRewriting(side, route, names) || raw.body.byteLength === 0) return raw;
  const body = isUsual(raw) ? publicBody(side, route, raw.body, names) : undefined;
  if (!body) {
    if (hasNoPlaces(raw)) return raw;
    throw new BanyanError('answer_unreadable', { backend: side, reason: whyUnreadable(raw) });
  }
  if (body === raw.body) return raw;
  return { ...raw, body, rawHeaders: withLength(withoutDigests(raw.rawHeaders), body.byteLength) };
}

/** Both, for whoever acts on what the answer says. @param raw in the form that the gateway reads */
export function answersIn(side: BackendName, route: Route, raw: StoredAnswer, names: Names): Answers {
  const unreadable = unreadableIn(route, raw);
  const seen = tryShown(side, route, raw, names);
  if (unreadable === undefined && seen) return { raw, shown: seen };
  const namesSomething = route.ids.some(({ place, role }) => place.in === 'response' && role !== 'invented');
  return {
    raw,
    shown: raw,
    unreadable: unreadable ?? whyUnreadable(raw),
    isSecret: !seen || namesSomething,
  };
}

function tryShown(
  side: BackendName,
  route: Route,
  raw: StoredAnswer,
  names: Names,
): StoredAnswer | undefined {
  try {
    return shown(side, route, raw, names);
  } catch {
    return undefined;
  }
}
