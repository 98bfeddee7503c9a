/** A team's own patterns, by RE2, which never backtracks. */
import { RE2JS } from 're2js';
import type { Finding } from './finding.ts';

/** A match that is longer may be cut. Windows overlap by half: RE2 reads each in linear time, so all of them together too. */
const WINDOW = 8192;

export type OwnPattern = (text: string) => Finding[];

/** @throws Error that says what RE2 does not have, and what to write instead */
export function ownPattern(source: string): OwnPattern {
  const pattern = compiled(source);
  const group = Object.hasOwn(pattern.namedGroups(), 'secret') ? 'secret' : 0;
  return (text) => {
    const found: Finding[] = [];
    for (let offset = 0; offset < text.length; offset += WINDOW / 2) {
      const matcher = pattern.matcher(text.slice(offset, offset + WINDOW));
      while (matcher.find()) {
        const [start, end] = [matcher.start(group), matcher.end(group)];
        if (end > start)
          found.push({ start: offset + start, end: offset + end, known: offset + matcher.start(0) });
      }
      if (offset + WINDOW >= text.length) break;
    }
    return found;
  };
}

function compiled(source: string): RE2JS {
  try {
    return RE2JS.compile(source);
  } catch (error) {
    const reason = (error as Error).message;
    const advice = /\(\?<?[=!]|\\[1-9]/.test(source)
      ? 'Lookahead, lookbehind and back references are not linear in time, so RE2 has none: match what stands around the secret too, and name the part to replace (?<secret>…)'
      : 'Patterns are in the syntax of RE2, https://github.com/google/re2/wiki/Syntax';
    throw new Error(`${reason}. ${advice}`, { cause: error });
  }
}
