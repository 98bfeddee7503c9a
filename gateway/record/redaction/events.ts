/**
 * The texts of a stream of events, put together: a model's answer comes in pieces, each in a JSON object of its own, and a
 * secret may begin in one and end in another.
 */
import { closing } from './values.ts';
import { type View, ViewBuilder } from './view.ts';

/** One view for each name under which pieces of text stand. Names of more than this many are not followed. */
const MOST_NAMES = 64;

/** Views in which texts follow each other that other things stand between. Not looked for inside another view. */
export function joinedEvents(text: string): View[] {
  if (!looksLikeStream(text)) return [];
  const pieces = new Map<string, [start: number, end: number][]>();
  const add = (name: string, start: number, end: number) => {
    const known = pieces.get(name);
    if (known) known.push([start, end]);
    else if (pieces.size < MOST_NAMES) pieces.set(name, [[start, end]]);
  };
  for (const { start, end } of linesOf(text)) {
    const first = /^data:[ ]?/.exec(text.slice(start, start + 6))?.[0].length ?? 0;
    if (/^[\s,[]*\{|^\s*\[/.test(text.slice(start + first, start + first + 16)))
      strings(text, start + first, end, add);
    else if (first > 0) add('', start + first, end);
  }
  return [...pieces.values()].filter(({ length }) => length > 1).map((parts) => joined(text, parts));
}

/** Server-sent events, or lines (or elements of a list) that are JSON objects, two at least. */
function looksLikeStream(text: string): boolean {
  let events = 0;
  for (const { start } of linesOf(text)) {
    if (/^(?:data:|[ ,[]*\{)/.test(text.slice(start, start + 8))) events += 1;
    if (events > 1) return true;
  }
  return false;
}

function* linesOf(text: string): Generator<{ start: number; end: number }> {
  for (let start = 0; start < text.length; ) {
    const next = text.indexOf('\n', start);
    const end = next < 0 ? text.length : next;
    yield { start, end: text[end - 1] === '\r' ? Math.max(start, end - 1) : end };
    start = end + 1;
  }
}

/** The members of a line's JSON whose values are texts. */
function strings(
  text: string,
  from: number,
  to: number,
  found: (name: string, start: number, end: number) => void,
): void {
  let name: string | undefined;
  for (let at = text.indexOf('"', from); at >= 0 && at < to; at = text.indexOf('"', at)) {
    const end = Math.min(to, closing(text, at + 1, '"'));
    const behind = /^\s{0,4}(.?)/.exec(text.slice(end + 1, end + 6))?.[1];
    if (behind === ':') name = text.slice(at + 1, Math.min(end, at + 65));
    else {
      if (name !== undefined) found(name, at + 1, end);
      name = undefined;
    }
    at = end + 1;
  }
}

function joined(text: string, parts: readonly [number, number][]): View {
  const builder = new ViewBuilder(parts.reduce((sum, [start, end]) => sum + end - start, 0));
  for (const [start, end] of parts) builder.copy(text, start, end);
  return builder.done();
}
