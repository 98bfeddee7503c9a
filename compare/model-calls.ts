/**
 * Compares what two backends sent to the model for one request: which model, which turns in which order by whom, their
 * texts, and every other member of the call that is not empty.
 */
import type { Difference } from './answer.ts';
import { formatPath, type Path } from './json/places.ts';

/** One call, as Gemini's API has it. */
export interface ModelCallSeen {
  /** `models/gemini-2.0-flash-exp` */
  model: string;
  /** `contents`, and whatever else was sent. */
  request: Record<string, unknown>;
}

/** @returns differences at places such as `model call 1 $.contents[2].parts[0].text` */
export function compareModelCalls(
  left: readonly ModelCallSeen[],
  right: readonly ModelCallSeen[],
): Difference[] {
  const differences: Difference[] = [];
  if (left.length !== right.length)
    differences.push({
      place: 'model calls',
      kind: 'length',
      left: calls(left.length),
      right: calls(right.length),
    });
  for (const [i, ours] of left.entries()) {
    const theirs = right[i];
    if (!theirs) break;
    const place = `model call ${i + 1}`;
    if (ours.model !== theirs.model)
      differences.push({ place: `${place} model`, kind: 'value', left: ours.model, right: theirs.model });
    differences.push(...walk(place, [], withoutEmpty(ours.request), withoutEmpty(theirs.request)));
  }
  return differences;
}

const calls = (count: number) => (count === 1 ? '1 call' : `${count} calls`);

/** `generationConfig: {}` says what its absence says. */
function withoutEmpty(request: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(request).filter(
      ([, value]) => value !== null && (typeof value !== 'object' || Object.keys(value).length > 0),
    ),
  );
}

function walk(call: string, path: Path, left: unknown, right: unknown): Difference[] {
  const place = `${call} ${formatPath(path)}`;
  if (left === undefined) return [{ place, kind: 'extra', left: '', right: short(right) }];
  if (right === undefined) return [{ place, kind: 'missing', left: short(left), right: '' }];
  if (typeof left === 'string' && typeof right === 'string') return texts(place, left, right);
  if (!isContainer(left) || !isContainer(right) || Array.isArray(left) !== Array.isArray(right))
    return left === right ? [] : [{ place, kind: 'value', left: short(left), right: short(right) }];
  const length =
    Array.isArray(left) && Array.isArray(right) && left.length !== right.length
      ? [
          {
            place,
            kind: 'length' as const,
            left: `${left.length} elements`,
            right: `${right.length} elements`,
          },
        ]
      : [];
  if (length.length > 0) return length;
  const members = (value: object) => new Map(Object.entries(value));
  const [ours, theirs] = [members(left), members(right)];
  return [...new Set([...ours.keys(), ...theirs.keys()])].flatMap((name) =>
    walk(call, [...path, Array.isArray(left) ? Number(name) : name], ours.get(name), theirs.get(name)),
  );
}

const isContainer = (value: unknown): value is object => typeof value === 'object' && value !== null;

/** A prompt is long: what is shown is where the two part. */
function texts(place: string, left: string, right: string): Difference[] {
  if (left === right) return [];
  let at = 0;
  while (at < left.length && left[at] === right[at]) at += 1;
  const from = Math.max(0, at - 40);
  const excerpt = (text: string) =>
    JSON.stringify(`${from > 0 ? '…' : ''}${text.slice(from, at + 80)}${text.length > at + 80 ? '…' : ''}`);
  const note = `from character ${at + 1}; ${left.length} and ${right.length} characters`;
  return [{ place, kind: 'value', left: excerpt(left), right: excerpt(right), note }];
}

function short(value: unknown): string {
  const text = JSON.stringify(value) ?? 'undefined';
  return text.length > 200 ? `${text.slice(0, 199)}…` : text;
}
