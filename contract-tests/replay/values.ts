/**
 * Values that a backend made up: where a recording's requests use them, and what stands for them in a replay. Which
 * places carry ids is the route table's to say.
 */
import { valuesAt } from '../../compare/accept.ts';
import type { Answer } from '../../compare/answer.ts';
import type { JsonValue } from '../../compare/json/parse.ts';
import { decodeString, parseJson } from '../../compare/json/parse.ts';
import { isAt, type Path, stepsOf } from '../../compare/json/places.ts';
import type { Route } from '../../contract/route-table.ts';
import type { Request } from './send.ts';

export interface MadeId {
  kind: string;
  /** The place, to find the replay's value at the same one. */
  place: string;
  value: string;
}

/** The ids that an answer made known. */
export function idsMade(route: Route | undefined, answer: Answer): MadeId[] {
  return (route?.ids ?? []).flatMap(({ kind, place, role }) => {
    if (role !== 'made' || place.in !== 'response') return [];
    const values = valuesAt(jsonOf(answer.body), stepsOf(place.at));
    return values.flatMap((value, i) =>
      typeof value === 'string' ? [{ kind, place: `${place.at}#${i}`, value }] : [],
    );
  });
}

/** What a replay knows of the recording's ids. */
export class ReplayedIds {
  readonly #live = new Map<string, string>();

  bind(recorded: readonly MadeId[], live: readonly MadeId[]): void {
    for (const { kind, place, value } of recorded) {
      const partner = live.find((each) => each.kind === kind && each.place === place);
      if (partner) this.#live.set(value, partner.value);
    }
  }

  /** The request with the replay's ids in its path and in the declared places of its body. */
  inRequest(route: Route | undefined, request: Request): Request {
    const [path = '', ...query] = request.target.split('?');
    const target = [
      path
        .split('/')
        .map((segment) => this.#live.get(segment) ?? segment)
        .join('/'),
      ...query,
    ].join('?');
    const { method, rawHeaders, body } = request;
    return { method, target, rawHeaders, body: body && this.#inBody(route, body) };
  }

  #inBody(route: Route | undefined, body: Buffer): Buffer {
    const places = (route?.ids ?? []).flatMap(({ place }) =>
      place.in === 'request' ? [stepsOf(place.at)] : [],
    );
    const text = body.toString('latin1');
    const json = places.length > 0 ? parseJson(text) : undefined;
    if (!json) return body;
    let out = '';
    let at = 0;
    for (const { path, value } of strings([], json.value)) {
      if (!places.some((steps) => isAt(path, steps))) continue;
      const live = this.#live.get(decodeString(value.lexeme) ?? '');
      if (live === undefined) continue;
      out += text.slice(at, value.start) + JSON.stringify(live);
      at = value.end;
    }
    return Buffer.from(out + text.slice(at), 'latin1');
  }
}

/** Recorded ids that a request's path names. */
export function idsUsed(target: string, known: ReadonlyMap<string, number>): number[] {
  const [path = ''] = target.split('?');
  return path.split('/').flatMap((segment) => known.get(segment) ?? []);
}

function* strings(
  path: Path,
  value: JsonValue,
): Generator<{ path: Path; value: JsonValue & { lexeme: string } }> {
  if (value.kind === 'string') yield { path, value };
  if (value.kind === 'object')
    for (const member of value.members) yield* strings([...path, member.key], member.value);
  if (value.kind === 'array')
    for (const [i, item] of value.items.entries()) yield* strings([...path, i], item.value);
}

function jsonOf(body: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(body).toString('utf8')) as unknown;
  } catch {
    return undefined;
  }
}
