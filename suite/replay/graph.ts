/**
 * Who made a value up and who used it: one graph, learned from a recording's traffic alone. Ids and times are known by
 * their format; the first answer that shows one made it, and every later request that carries it uses it.
 */
import { plainBody } from '@banyan/compare/codings.ts';
import { decodeString, type JsonValue, parseJson } from '@banyan/compare/json/parse.ts';
import { formatPath, generalised, type Path } from '@banyan/compare/json/places.ts';
import { isLocalTime, isUuid4 } from '@banyan/compare/volatile/formats.ts';
import type { RecordedExchange } from '@banyan/gateway/record/read-recording.ts';
import type { RouteKey } from '@banyan/route-table/route-table.ts';

export type ValueKind = 'id' | 'time';

/** Where a value stands in an exchange. */
export type Spot =
  | { in: 'path'; segment: number }
  | { in: 'query'; name: string }
  | { in: 'header'; name: string }
  | { in: 'request' | 'response'; path: Path };

export interface Seen {
  /** The exchange's place in the recording. */
  index: number;
  route: RouteKey;
  spot: Spot;
}

export interface MadeValue {
  value: string;
  kind: ValueKind;
  madeAt: Seen;
  /** Requests that carry it. */
  uses: Seen[];
  /** Later answers that show it. */
  shown: Seen[];
}

export class ValueGraph {
  readonly values: ReadonlyMap<string, MadeValue>;
  readonly #made = new Map<number, MadeValue[]>();
  readonly #used = new Map<number, { value: MadeValue; spot: Spot }[]>();

  constructor(values: ReadonlyMap<string, MadeValue>) {
    this.values = values;
    for (const value of values.values()) {
      push(this.#made, value.madeAt.index, value);
      for (const { index, spot } of value.uses) push(this.#used, index, { value, spot });
    }
  }

  /** The values that an exchange's answer made known and that a later request uses. */
  madeBy(index: number): readonly MadeValue[] {
    return this.#made.get(index) ?? [];
  }

  /** The made values that an exchange's request carries. */
  usedBy(index: number): readonly { value: MadeValue; spot: Spot }[] {
    return this.#used.get(index) ?? [];
  }
}

export function learnGraph(exchanges: readonly RecordedExchange[]): ValueGraph {
  const values = new Map<string, MadeValue>();
  /** Sent before any answer showed it: made up by the client. */
  const clients = new Set<string>();
  // A request was sent before its own answer, and after the answers that were over by then.
  const events = exchanges
    .flatMap((exchange) => [
      { at: exchange.start, exchange, what: 'request' as const },
      { at: exchange.end, exchange, what: 'answer' as const },
    ])
    .toSorted((a, b) => a.at - b.at);
  for (const { exchange, what } of events) {
    const { index, route } = exchange;
    if (what === 'request')
      for (const { value, spot } of inRequest(exchange)) {
        const known = values.get(value);
        if (known) known.uses.push({ index, route, spot });
        else if (kindOf(value)) clients.add(value);
      }
    else
      for (const { value, path } of inAnswer(exchange)) {
        const kind = kindOf(value);
        const seen: Seen = { index, route, spot: { in: 'response', path } };
        const known = values.get(value);
        if (known) known.shown.push(seen);
        else if (kind && !clients.has(value))
          values.set(value, { value, kind, madeAt: seen, uses: [], shown: [] });
      }
  }
  return new ValueGraph(values);
}

/** `path 3`, `query since`, `request $.to`, `response $[*].id` */
export function spotName(spot: Spot): string {
  if (spot.in === 'path') return `path ${spot.segment}`;
  if (spot.in === 'query' || spot.in === 'header') return `${spot.in} ${spot.name}`;
  return generalised(`${spot.in} ${formatPath(spot.path)}`);
}

export function kindOf(text: string): ValueKind | undefined {
  if (isUuid4(text)) return 'id';
  return isLocalTime(text) ? 'time' : undefined;
}

/** Every text in a JSON body, with its place. */
export function* textsIn(
  body: Uint8Array,
): Generator<{ path: Path; value: string; start: number; end: number }> {
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  if (!/^(?:\xef\xbb\xbf)?\s*[[{"]/.test(bytes.toString('latin1', 0, 64))) return;
  const json = parseJson(bytes.toString('latin1'));
  if (json) yield* strings([], json.value);
}

function* inAnswer({ answer }: RecordedExchange) {
  yield* textsIn(plainBody(answer));
}

function* inRequest({
  target,
  rawHeaders,
  body,
}: RecordedExchange): Generator<{ value: string; spot: Spot }> {
  const [path = '', ...query] = target.split('?');
  for (const [segment, value] of path.split('/').entries()) yield { value, spot: { in: 'path', segment } };
  for (const pair of query.join('?').split('&')) {
    const [name = '', ...value] = pair.split('=');
    yield { value: value.join('='), spot: { in: 'query', name } };
  }
  for (let i = 0; i + 1 < rawHeaders.length; i += 2)
    yield { value: rawHeaders[i + 1] ?? '', spot: { in: 'header', name: rawHeaders[i] ?? '' } };
  if (body)
    for (const { path: at, value } of textsIn(body)) yield { value, spot: { in: 'request', path: at } };
}

function* strings(
  path: Path,
  value: JsonValue,
): Generator<{ path: Path; value: string; start: number; end: number }> {
  if (value.kind === 'string') {
    const { start, end } = value;
    yield { path, value: decodeString(value.lexeme) ?? '', start, end };
  }
  if (value.kind === 'object')
    for (const member of value.members) yield* strings([...path, member.key], member.value);
  if (value.kind === 'array')
    for (const [i, item] of value.items.entries()) yield* strings([...path, i], item.value);
}

function push<Key, Item>(map: Map<Key, Item[]>, key: Key, item: Item): void {
  const items = map.get(key);
  if (items) items.push(item);
  else map.set(key, [item]);
}
