/**
 * What both sides show together of what a restart makes legacy forget: the new backend has what was there before the restart, and legacy
 * what came to it since and the new backend has still to be given.
 */
import { type JsonValue, parseJson } from '@banyan/compare/json/parse.ts';
import { stepsOf } from '@banyan/compare/json/places.ts';
import type { Forgotten } from '@banyan/route-table/route-table.ts';
import { withLength } from '../answers/headers.ts';
import { findAll, inOrder, type Splice, spliced } from '../json/splice.ts';
import type { StoredAnswer } from '../protocol/entry.ts';

/** @returns the new backend's answer, with the elements of legacy's lists that it does not have */
export function remembered(
  { lists = [], counts = [], status }: Forgotten,
  fresh: StoredAnswer,
  legacy: StoredAnswer,
): StoredAnswer {
  // The new backend does not have the entity yet, and legacy has it.
  if (fresh.status === status && legacy.status < 300) return legacy;
  if (fresh.status >= 300 || legacy.status !== fresh.status) return fresh;
  const [left, right] = [fresh, legacy].map(({ body }) => parseJson(Buffer.from(body).toString('latin1')));
  if (!left || !right) return fresh;
  const splices: Splice[] = [];
  let more = 0;
  for (const at of lists) {
    const [list] = arraysAt(at, left.value);
    const has = new Set(textsOf(list, left.text));
    const [theirs] = arraysAt(at, right.value);
    const missing = textsOf(theirs, right.text).filter((text) => !has.has(text));
    if (!list || missing.length === 0) continue;
    more += missing.length;
    splices.push(added(list, left.text, missing, theirs, right.text));
  }
  if (more === 0) return fresh;
  for (const at of counts)
    for (const { value } of findAll(left.value, stepsOf(at)))
      if (value.kind === 'number')
        splices.push({ start: value.start, end: value.end, text: String(Number(value.lexeme) + more) });
  const body = Buffer.from(spliced(left.text, inOrder(splices)), 'latin1');
  return { ...fresh, body, rawHeaders: withLength(fresh.rawHeaders, body.byteLength) };
}

type List = Extract<JsonValue, { kind: 'array' }>;

const arraysAt = (at: `$${string}`, root: JsonValue): List[] =>
  findAll(root, stepsOf(at)).flatMap(({ value }) => (value.kind === 'array' ? [value] : []));

const textsOf = (list: List | undefined, text: string): string[] =>
  (list?.items ?? []).map(({ value }) => text.slice(value.start, value.end));

/** After the last element; in the other list's layout if there is none. */
function added(
  list: List,
  text: string,
  missing: readonly string[],
  theirs: List | undefined,
  theirText: string,
): Splice {
  const last = list.items.at(-1)?.value;
  const own = last ? { list, text } : { list: theirs, text: theirText };
  const first = own.list?.items[0]?.value;
  const before = own.list && first ? own.text.slice(own.list.start + 1, first.start) : '';
  if (last)
    return { start: last.end, end: last.end, text: missing.map((each) => `,${before}${each}`).join('') };
  const end = own.list?.items.at(-1)?.value;
  const after = own.list && end ? own.text.slice(end.end, own.list.end - 1) : '';
  return { start: list.start, end: list.end, text: `[${before}${missing.join(`,${before}`)}${after}]` };
}
