/** Elements of XML and HTML that hold a credential: `<password>…</password>`, with what is nested in it. */
import type { Finding } from './finding.ts';
import { isHarmless } from './harmless.ts';
import { suspicionOf } from './names.ts';

/** Tags that an element's contents may have before what follows is no longer looked at. */
const MOST_TAGS = 64;

export function markupIn(text: string): Finding[] {
  const found: Finding[] = [];
  const opening = /<([A-Za-z_][\w:.-]{0,100})(?=[\s>])[^<>]{0,500}>/g;
  for (let tag = opening.exec(text); tag; tag = opening.exec(text)) {
    const name = tag[1] ?? '';
    if (tag[0].endsWith('/>')) continue;
    const suspicion = suspicionOf(name.slice(name.indexOf(':') + 1));
    if (suspicion === 'none' || suspicion === 'weak') continue;
    const { texts, end } = contents(text, opening.lastIndex);
    for (const { start, end: stop } of texts)
      if (!isHarmless(text.slice(start, stop), suspicion)) found.push({ start, end: stop, known: tag.index });
    opening.lastIndex = Math.max(opening.lastIndex, end);
  }
  return found;
}

/** The texts up to the tag that closes the element. */
function contents(text: string, from: number): { texts: { start: number; end: number }[]; end: number } {
  const texts: { start: number; end: number }[] = [];
  let depth = 1;
  let at = from;
  for (let tags = 0; depth > 0 && tags < MOST_TAGS && at < text.length; tags += 1) {
    if (text.startsWith('<![CDATA[', at)) {
      const close = text.indexOf(']]>', at);
      texts.push({ start: at + 9, end: close < 0 ? text.length : close });
      at = close < 0 ? text.length : close + 3;
      continue;
    }
    const next = text.indexOf('<', at);
    const end = next < 0 ? text.length : next;
    const inner = trimmed(text, at, end);
    if (inner.end > inner.start) texts.push(inner);
    at = end;
    if (text.startsWith('<![CDATA[', at)) continue;
    const close = text.indexOf('>', at);
    depth += text[at + 1] === '/' ? -1 : text[close - 1] === '/' ? 0 : 1;
    at = close < 0 ? text.length : close + 1;
  }
  return { texts, end: at };
}

function trimmed(text: string, from: number, to: number): { start: number; end: number } {
  let [start, end] = [from, to];
  while (start < end && /\s/.test(text[start] ?? '')) start += 1;
  while (end > start && /\s/.test(text[end - 1] ?? '')) end -= 1;
  return { start, end };
}
