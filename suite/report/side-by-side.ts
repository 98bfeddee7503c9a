/** Two answers beside each other, line by line, with what differs marked in place. */
import type { Answer } from '@banyan/compare/answer.ts';
import { differentLines } from '@banyan/gateway/console/page/line-diff.js';

/** A piece of a line; `differs` where the other side has something else. */
export interface Piece {
  text: string;
  differs: boolean;
}

/** A row of the view; a side is undefined where it has no such line. */
export interface Row {
  left: Piece[] | undefined;
  right: Piece[] | undefined;
  differs: boolean;
}

/** More lines are cut: the marks are what is looked for, and they are kept. */
const LONGEST = 400;
/** Equal lines shown around a difference. */
const AROUND = 3;

/**
 * Head and body. Headers stand by name, as their order carries no meaning, so that the same ones are beside each other.
 * @param leftOut names of headers, in lower case
 */
export function answerLines(
  { status, reason, rawHeaders, body, broken }: Answer,
  leftOut: ReadonlySet<string> = new Set(),
): string[] {
  const headers = headersOf(rawHeaders)
    .filter(([name]) => !leftOut.has(name.toLowerCase()))
    .toSorted(([one], [other]) => (one.toLowerCase() < other.toLowerCase() ? -1 : 1));
  const lines = headers.map(([name, value]) => `${name}: ${value}`);
  return [
    `${status} ${reason}`,
    ...lines,
    '',
    ...textOf(body).split('\n'),
    ...(broken ? [`[${broken}]`] : []),
  ];
}

export function headersOf(rawHeaders: readonly string[]): [name: string, value: string][] {
  const headers: [string, string][] = [];
  for (let i = 0; i + 1 < rawHeaders.length; i += 2)
    headers.push([rawHeaders[i] ?? '', rawHeaders[i + 1] ?? '']);
  return headers;
}

export const textOf = (body: Uint8Array): string =>
  Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('utf8');

/** @param ignored lines that are not marked though they differ: bound ids and times, sets in another order */
export function sideBySide(
  left: readonly string[],
  right: readonly string[],
  ignored: (left: string, right: string) => boolean = () => false,
): Row[] {
  const [ours, theirs] = [left.slice(0, LONGEST), right.slice(0, LONGEST)];
  const rows: Row[] = [];
  let [i, j] = [0, 0];
  for (const [a, b] of [...commonLines(ours, theirs), [ours.length, theirs.length] as const]) {
    // Lines between two that both have: paired as they stand.
    while (i < a || j < b)
      rows.push(rowOf(i < a ? ours[i++] : undefined, j < b ? theirs[j++] : undefined, ignored));
    if (a < ours.length) rows.push(rowOf(ours[i++], theirs[j++], ignored));
  }
  return rows;
}

/** The rows around differences; a gap is undefined. */
export function excerpt(rows: readonly Row[]): (Row | undefined)[] {
  const near = rows.map((_, i) =>
    rows.slice(Math.max(0, i - AROUND), i + AROUND + 1).some(({ differs }) => differs),
  );
  const shown: (Row | undefined)[] = [];
  for (const [i, row] of rows.entries()) {
    if (near[i]) shown.push(row);
    else if (shown.at(-1) !== undefined || i === 0) shown.push(undefined);
  }
  return shown;
}

function rowOf(
  left: string | undefined,
  right: string | undefined,
  ignored: (left: string, right: string) => boolean,
): Row {
  if (left === undefined || right === undefined)
    return {
      left: left === undefined ? left : [{ text: left, differs: true }],
      right: right === undefined ? right : [{ text: right, differs: true }],
      differs: true,
    };
  if (left === right || ignored(left, right))
    return {
      left: [{ text: left, differs: false }],
      right: [{ text: right, differs: false }],
      differs: false,
    };
  let start = 0;
  while (start < left.length && left[start] === right[start]) start += 1;
  let end = 0;
  while (end < Math.min(left.length, right.length) - start && left.at(-1 - end) === right.at(-1 - end))
    end += 1;
  const pieces = (text: string) =>
    [
      { text: text.slice(0, start), differs: false },
      { text: text.slice(start, text.length - end), differs: true },
      { text: text.slice(text.length - end), differs: false },
    ].filter((piece) => piece.text !== '' || piece.differs);
  return { left: pieces(left), right: pieces(right), differs: true };
}

/** The places of the lines that both have, in order. */
function commonLines(left: readonly string[], right: readonly string[]): [number, number][] {
  const [onlyLeft, onlyRight] = differentLines(left, right);
  const shared = [...right.keys()].filter((j) => !onlyRight.has(j));
  return [...left.keys()].filter((i) => !onlyLeft.has(i)).map((i, n) => [i, shared[n] ?? right.length]);
}
