/** Holds two volatile values of one place against each other: by format, by role, and by what is bound already. */
import type { Difference, DifferenceKind } from '../answer.ts';
import { type Bindings, INVENTED, TIME } from './bindings.ts';
import type { VolatileRule } from './columns.ts';
import { isLocalTime, isUuid4 } from './formats.ts';

/** When a request was under way, as its backend's clock writes times. */
export interface Window {
  from: string;
  to: string;
}

export interface VolatileContext {
  bindings: Bindings;
  access: 'read' | 'write';
  windows: { left?: Window; right?: Window };
}

type Fault = Pick<Difference, 'kind' | 'note'>;

const fault = (kind: DifferenceKind, note: string): Fault => ({ kind, note });

/** @returns what is wrong with the two, if anything; what they say of each other is learned */
export function checkVolatile(
  rule: VolatileRule,
  left: string,
  right: string,
  context: VolatileContext,
): Fault | undefined {
  return rule.what === 'time'
    ? checkTime(rule.role, left, right, context)
    : checkId[rule.role](rule.kind, left, right, context.bindings);
}

const checkId = {
  made(kind: string, left: string, right: string, bindings: Bindings): Fault | undefined {
    const format = badFormat(isUuid4, 'a uuid4', left, right);
    if (format) return format;
    if (bindings.rightOf(kind, left) !== undefined)
      return fault('binding', `left made this ${kind} id before`);
    if (bindings.leftOf(kind, right) !== undefined)
      return fault('binding', `right made this ${kind} id before`);
    bindings.pair(kind, left, right);
    return undefined;
  },

  used(kind: string, left: string, right: string, bindings: Bindings): Fault | undefined {
    const expected = bindings.rightOf(kind, left);
    if (expected !== undefined)
      return expected === right ? undefined : fault('binding', `right should have ${expected} here`);
    const other = bindings.leftOf(kind, right);
    if (other !== undefined) return fault('binding', `right's ${kind} is the one that left calls ${other}`);
    // An id that no backend made came from the client and is the same on both sides.
    return left === right ? undefined : fault('binding', `neither ${kind} id was made in an answer before`);
  },

  invented(kind: string, left: string, right: string, bindings: Bindings): Fault | undefined {
    const format = badFormat(isUuid4, 'a uuid4', left, right);
    if (format) return format;
    for (const [side, value, known] of [
      ['left', left, bindings.rightOf(INVENTED, left)],
      ['right', right, bindings.leftOf(INVENTED, right)],
    ])
      if (known !== undefined) return fault('binding', `${side} has shown the ${kind} id ${value} before`);
    bindings.pair(INVENTED, left, right);
    return undefined;
  },
};

function checkTime(
  role: 'stored' | 'now',
  left: string,
  right: string,
  { bindings, access, windows }: VolatileContext,
): Fault | undefined {
  const format = badFormat(isLocalTime, 'a time of the form 2026-01-31T09:15:00.123456Z', left, right);
  if (format) return format;
  if (role === 'now') return outside(windows, left, right, false);
  const expected = bindings.rightOf(TIME, left);
  if (expected !== undefined)
    return expected === right ? undefined : fault('binding', `this time was ${expected} on the right before`);
  const other = bindings.leftOf(TIME, right);
  if (other !== undefined)
    return fault('binding', `the right's time is the one that was ${other} on the left`);
  const swapped = bindings.outOfOrder(left, right);
  if (swapped) return fault('time', `not on the same side of ${swapped[0]} (left) and ${swapped[1]} (right)`);
  const late = outside(windows, left, right, access === 'read');
  if (late) return late;
  bindings.pair(TIME, left, right);
  return undefined;
}

/** @param past the time may be from before the request */
function outside(
  windows: VolatileContext['windows'],
  left: string,
  right: string,
  past: boolean,
): Fault | undefined {
  for (const [side, time, window] of [
    ['left', left, windows.left],
    ['right', right, windows.right],
  ] as const) {
    if (!window || (time <= window.to && (past || time >= window.from))) continue;
    return fault('time', `${side}: the request was under way from ${window.from} to ${window.to}`);
  }
  return undefined;
}

function badFormat(
  is: (text: string) => boolean,
  what: string,
  left: string,
  right: string,
): Fault | undefined {
  if (is(left) && is(right)) return undefined;
  const sides = [...(is(left) ? [] : ['left']), ...(is(right) ? [] : ['right'])];
  return fault('format', `${sides.join(' and ')} should be ${what}`);
}
