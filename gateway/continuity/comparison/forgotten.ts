/** Puts into legacy's answer what the route table says that a restart makes legacy forget, as the new backend shows it. */
import type { Difference } from '@banyan/compare/answer.ts';
import { type JsonValue, parseJson } from '@banyan/compare/json/parse.ts';
import { stepsOf } from '@banyan/compare/json/places.ts';
import type { Forgotten, JsonPlace } from '@banyan/route-table/route-table.ts';
import { withLength } from '../answers/headers.ts';
import { findAll, inOrder, type Splice, spliced } from '../json/splice.ts';
import type { StoredAnswer } from '../protocol/entry.ts';

export interface Remembered {
  /** Legacy's answer as it would be if legacy had forgotten nothing. */
  answer: StoredAnswer;
  /** What legacy lacks. */
  lacks: Difference[];
}

/** @returns legacy's own answer where it lacks nothing, or where what it shows is not in the new backend's answer */
export function withForgotten(
  { lists = [], counts = [], status }: Forgotten,
  legacy: StoredAnswer,
  fresh: StoredAnswer,
): Remembered {
  if (legacy.status === status && fresh.status < 300)
    return { answer: fresh, lacks: [forgot(legacy, fresh)] };
  const [left, right] = [legacy, fresh].map(({ body }) => parseJson(Buffer.from(body).toString('latin1')));
  if (legacy.status !== fresh.status || !left || !right) return { answer: legacy, lacks: [] };
  const found = lists.flatMap((at) => {
    const [ours, theirs] = [listsAt(at, left.value), listsAt(at, right.value)];
    if (ours.length !== theirs.length) return [];
    return ours.flatMap((list, i) => {
      const whole = theirs[i];
      const missing = whole && missingIn(textsOf(list, left.text), textsOf(whole, right.text));
      return missing?.length ? [{ at, list, text: right.text.slice(whole?.start, whole?.end), missing }] : [];
    });
  });
  const lacks = found.flatMap(({ at, missing }) => missing.map((element) => lacking(at, element)));
  if (lacks.length === 0) return { answer: legacy, lacks };
  const filled = found.map(({ list, text }): Splice => ({ start: list.start, end: list.end, text }));
  const counted = counts.flatMap((at) => countSplices(at, left.value, lacks.length));
  const body = Buffer.from(spliced(left.text, inOrder([...filled, ...counted])), 'latin1');
  return { answer: { ...legacy, body, rawHeaders: withLength(legacy.rawHeaders, body.byteLength) }, lacks };
}

const forgot = (legacy: StoredAnswer, fresh: StoredAnswer): Difference => ({
  place: 'status',
  kind: 'status',
  left: String(legacy.status),
  right: String(fresh.status),
});

const lacking = (at: JsonPlace, text: string): Difference => ({
  place: `body ${at}`,
  kind: 'extra',
  left: '',
  right: Buffer.from(text, 'latin1').toString('utf8'),
});

type List = Extract<JsonValue, { kind: 'array' }>;

const listsAt = (at: JsonPlace, root: JsonValue): List[] =>
  findAll(root, stepsOf(at)).flatMap(({ value }) => (value.kind === 'array' ? [value] : []));

const textsOf = ({ items }: List, text: string): string[] =>
  items.map(({ value }) => text.slice(value.start, value.end));

/** @returns undefined where the shorter list is not the longer one with elements left out */
function missingIn(some: readonly string[], all: readonly string[]): string[] | undefined {
  const missing: string[] = [];
  let at = 0;
  for (const text of all)
    if (text === some[at]) at += 1;
    else missing.push(text);
  return at === some.length ? missing : undefined;
}

function countSplices(at: JsonPlace, root: JsonValue, added: number): Splice[] {
  return findAll(root, stepsOf(at)).flatMap(({ value }) =>
    value.kind === 'number'
      ? [{ start: value.start, end: value.end, text: String(Number(value.lexeme) + added) }]
      : [],
  );
}
