/**
 * Compares two bodies. JSON is equal when everything outside of volatile values is the same bytes; the walk through it
 * is there to say where it differs, and to check the volatile values. Everything else is compared byte for byte. A content coding
 * is undone before: that one side has it is a difference of the headers.
 */
import type { Answer, Difference } from './answer.ts';
import { plainBody } from './codings.ts';
import { firstHeader } from './headers.ts';
import { type JsonText, parseJson } from './json/parse.ts';
import type { VolatileContext } from './volatile/check.ts';
import type { VolatileColumns } from './volatile/columns.ts';
import { type Walked, walkJson } from './walk-json.ts';

export function compareBodies(
  left: Answer,
  right: Answer,
  columns: VolatileColumns,
  context: VolatileContext,
): { differences: Difference[]; volatile: number } {
  const [leftText, rightText] = [latin1(plainBody(left)), latin1(plainBody(right))];
  const [leftJson, rightJson] = [jsonOf(left, leftText), jsonOf(right, rightText)];
  if (!leftJson || !rightJson)
    return { differences: compareBytes(context.bindings.inText(leftText), rightText), volatile: 0 };
  const walked = walkJson(leftJson, rightJson, columns, context);
  const differences =
    walked.differences.length > 0
      ? walked.differences
      : compareBytes(...withoutVolatile(leftJson, rightJson, walked));
  return { differences, volatile: walked.volatile.length };
}

function jsonOf(answer: Answer, text: string): JsonText | undefined {
  return /json/i.test(firstHeader(answer.rawHeaders, 'content-type') ?? '') ? parseJson(text) : undefined;
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
}

/**
 * The texts with each volatile value blanked. Should the walk ever overlook something, the bytes still differ here:
 * nothing passes that no rule explains.
 */
function withoutVolatile(left: JsonText, right: JsonText, { volatile }: Walked): [string, string] {
  const blank = (text: string, side: 'left' | 'right') => {
    let out = '';
    let at = 0;
    for (const span of volatile.toSorted((a, b) => a[side][0] - b[side][0])) {
      out += `${text.slice(at, span[side][0])}""`;
      at = span[side][1];
    }
    return out + text.slice(at);
  };
  return [blank(left.text, 'left'), blank(right.text, 'right')];
}

function compareBytes(left: string, right: string): Difference[] {
  if (left === right) return [];
  let at = 0;
  while (at < left.length && left[at] === right[at]) at += 1;
  const excerpt = (text: string) => JSON.stringify(readable(text.slice(Math.max(0, at - 20), at + 40)));
  return [
    {
      place: `body bytes at ${at}`,
      kind: 'bytes',
      left: excerpt(left),
      right: excerpt(right),
      note: `${left.length} and ${right.length} bytes`,
    },
  ];
}

function readable(text: string): string {
  return Buffer.from(text, 'latin1').toString('utf8');
}
