/**
 * Finds values that stand where a credential is expected: members of JSON, fields of forms, queries, multipart bodies and
 * YAML, arguments, attributes. One pass over the separators of a text. The look back to a name is bounded, and a value
 * that was read is not read again, so the work grows with the length of the text alone.
 */
import type { Finding } from './finding.ts';
import { isHarmless } from './harmless.ts';
import { type Suspicion, suspicionOf } from './names.ts';
import { nestedScalars, type Scalar, scalarAt } from './values.ts';

/** Longer names are cut: their end decides. */
const LONGEST_NAME = 100;
/** How far a value may be from the name that it is paired with: `{"name": "otp", "value": 1}`, `<input name value>`. */
const NEIGHBOURHOOD = 300;

const scheme = /^(?:bearer|basic|token|digest|negotiate|apikey|hmac|jwt)$/i;
const nameChar = /[A-Za-z0-9_.$[\]@-]/;
const pairNames = new Set([
  'name',
  'key',
  'id',
  'field',
  'header',
  'param',
  'type',
  'k',
  'n',
  'property',
  'variable',
]);

export interface NameRules {
  /** Names of the team's own, in lower case, whose values are secret whatever they are. */
  fields: ReadonlySet<string>;
}

export class PositionScanner {
  readonly #rules: NameRules;
  readonly #known = new Map<string, Suspicion>();

  constructor(rules: NameRules) {
    this.#rules = rules;
  }

  find(text: string): Finding[] {
    const found: Finding[] = [];
    const separator = /[:=]|(?<=["']),/g;
    for (let match = separator.exec(text); match; match = separator.exec(text)) {
      const name = nameBefore(text, match.index);
      if (!name) continue;
      if (match[0] === ',') {
        found.push(...this.#inPair(text, match.index, name));
        continue;
      }
      const suspicion = this.#suspicion(name.text);
      const read = suspicion === 'none' ? undefined : valuesAfter(text, match.index, name);
      if (read) {
        for (const { start, end } of read.scalars)
          if (!isHarmless(text.slice(start, end), suspicion)) found.push({ start, end, known: name.at });
        separator.lastIndex = Math.max(read.end, match.index + 1);
      }
      if (pairNames.has(name.text.toLowerCase())) {
        const paired = this.#paired(text, match.index, name.at);
        found.push(...paired);
        // A part of a form was read to its end.
        separator.lastIndex = Math.max(separator.lastIndex, ...paired.map(({ end }) => end));
      }
    }
    return found;
  }

  /** `["Authorization", "Bearer …"]`; a list of names is none. */
  #inPair(text: string, comma: number, name: Name): Finding[] {
    if (text[name.at - 1] !== '[' || this.#suspicion(name.text) === 'none') return [];
    const value = scalarAt(text, skipSpace(text, comma + 1), 'word');
    if (!value || !/[\s\d]/.test(text.slice(value.start, Math.min(value.end, value.start + 200)))) return [];
    return [{ ...value, known: name.at }];
  }

  #suspicion(name: string): Suspicion {
    const known = this.#known.get(name);
    if (known !== undefined) return known;
    const suspicion = this.#rules.fields.has(name.toLowerCase()) ? 'digits' : suspicionOf(name);
    if (this.#known.size < 10_000) this.#known.set(name, suspicion);
    return suspicion;
  }

  /** The value beside a name that is a value itself: `name="otp"` … `value="123456"`, in either order. */
  #paired(text: string, separator: number, at: number): Finding[] {
    const word = scalarAt(text, skipSpace(text, separator + 1), 'word');
    if (!word || word.end - word.start > LONGEST_NAME) return [];
    const suspicion = this.#suspicion(text.slice(word.start, word.end));
    if (suspicion === 'none' || suspicion === 'weak') return [];
    const part = formPart(text, at, word.end);
    if (part) return isHarmless(text.slice(part.start, part.end), suspicion) ? [] : [{ ...part, known: at }];
    const values = [siblingBefore(text, at), siblingAfter(text, word.end), elementText(text, word.end)];
    return values.flatMap((value) =>
      value && !isHarmless(text.slice(value.start, value.end), suspicion)
        ? [{ start: value.start, end: value.end, known: Math.min(at, value.start) }]
        : [],
    );
  }
}

interface Name {
  text: string;
  at: number;
  quoted: boolean;
}

/** The name that stands before a separator, in quotes or bare. */
function nameBefore(text: string, separator: number): Name | undefined {
  let end = separator;
  while (end > 0 && separator - end < 8 && (text[end - 1] === ' ' || text[end - 1] === '\t')) end -= 1;
  const quote = text[end - 1];
  if (quote === '"' || quote === "'" || quote === '`') {
    const from = Math.max(0, end - 1 - LONGEST_NAME);
    const open = text.slice(from, end - 1).lastIndexOf(quote);
    return { text: text.slice(from + open + 1, end - 1), at: Math.max(from, from + open), quoted: true };
  }
  let at = end;
  while (at > 0 && end - at < LONGEST_NAME && nameChar.test(text[at - 1] ?? '')) at -= 1;
  return at === end ? undefined : { text: text.slice(at, end), at, quoted: false };
}

function skipSpace(text: string, from: number): number {
  let at = from;
  while (at < text.length && at - from < 64 && /\s/.test(text[at] ?? '')) at += 1;
  return at;
}

/** What stands behind the separator: one value, or all of a list or an object. */
function valuesAfter(
  text: string,
  separator: number,
  name: Name,
): { scalars: Scalar[]; end: number } | undefined {
  let at = separator + 1;
  while (at - separator <= 2 && /[=>:]/.test(text[at] ?? '')) at += 1;
  const first = skipSpace(text, at);
  const opens = text[first] ?? '';
  if (opens === '{' || opens === '[') return isSchema(text, first) ? undefined : nestedScalars(text, first);
  const quoted = opens === '"' || opens === "'" || opens === '`';
  // Without quotes a value is on the line of its name.
  if (!quoted && !name.quoted && text.slice(at, first).includes('\n')) return blockAfter(text, at, name);
  const kind =
    text[separator] === '='
      ? assignment(text, name)
      : name.quoted || !startsLine(text, name.at)
        ? 'word'
        : 'line';
  const scalar = scalarAt(text, first, kind);
  if (scalar && kind === 'line' && /^[|>][+-]?\d?$/.test(text.slice(scalar.start, scalar.end)))
    return blockAfter(text, scalar.end, name);
  if (!scalar) return undefined;
  const whole = withScheme(text, scalar);
  return { scalars: [whole], end: whole.end };
}

/** `Bearer abc` is one value. */
function withScheme(text: string, scalar: Scalar): Scalar {
  if (
    text[scalar.end] !== ' ' ||
    !scheme.test(text.slice(scalar.start, Math.min(scalar.end, scalar.start + 12)))
  )
    return scalar;
  return { start: scalar.start, end: scalarAt(text, scalar.end + 1, 'word')?.end ?? scalar.end };
}

/** A form's or a query's value ends at `&` alone; one in other texts also where a list or a sentence goes on. */
function assignment(text: string, name: Name): 'form' | 'word' | 'parameter' {
  const before = text[name.at - 1];
  if (before === ';') return 'parameter';
  return before === undefined || before === '&' || before === '?' || before === '#' ? 'form' : 'word';
}

/** `{"type": "string"}`: a description of the field, not its value. */
function isSchema(text: string, from: number): boolean {
  return /^\{\s*"?(?:type|\$ref|description)"?\s*:/.test(text.slice(from, from + 40));
}

function startsLine(text: string, at: number): boolean {
  return /(?:^|\n)[ \t>]*(?:- |export )?$/.test(lineBefore(text, at));
}

/** The start of the line, with its line break; cut where it is long, and then without. */
function lineBefore(text: string, at: number): string {
  const near = text.slice(Math.max(0, at - 64), at);
  const start = near.lastIndexOf('\n');
  if (start >= 0) return near.slice(start);
  return at <= 64 ? near : `#${near}`;
}

/** YAML's block: the lines behind it that are indented deeper than its name. */
function blockAfter(text: string, from: number, name: Name): { scalars: Scalar[]; end: number } | undefined {
  if (!startsLine(text, name.at)) return undefined;
  const indent = lineBefore(text, name.at).replace('\n', '').length;
  const scalars: Scalar[] = [];
  let at = text.indexOf('\n', from);
  while (at >= 0 && at < text.length) {
    const depth = /^[ \t]*/.exec(text.slice(at + 1, at + 200))?.[0].length ?? 0;
    const next = text.indexOf('\n', at + 1);
    const end = next < 0 ? text.length : next;
    const start = Math.min(end, at + 1 + depth);
    if (depth <= indent && start < end) break;
    const lead =
      /^(?:- )?(?:[\w.-]{1,60}:[ \t]*)?/.exec(text.slice(start, Math.min(end, start + 70)))?.[0].length ?? 0;
    const stop = text[end - 1] === '\r' ? end - 1 : end;
    if (start + lead < stop) scalars.push({ start: start + lead, end: stop });
    at = next;
  }
  return scalars.length === 0 ? undefined : { scalars, end: scalars.at(-1)?.end ?? from };
}

/** The contents of a multipart part whose header was just read. */
function formPart(text: string, at: number, from: number): Scalar | undefined {
  if (!/form-data/i.test(text.slice(Math.max(0, at - 60), at))) return undefined;
  const blank = /\r?\n\r?\n/.exec(text.slice(from, from + 2000));
  if (!blank) return undefined;
  const start = from + blank.index + blank[0].length;
  const boundary = text.indexOf('\n--', start - 1);
  let end = boundary < 0 ? text.length : boundary;
  if (text[end - 1] === '\r') end -= 1;
  return { start, end: Math.max(start, end) };
}

const valueName = /["']?\b(?:value|content|val|v|default|defaultValue)["']?\s*[:=]\s*/i;

function siblingAfter(text: string, from: number): Scalar | undefined {
  const near = /^[^{}<>]*/.exec(text.slice(from, from + NEIGHBOURHOOD))?.[0] ?? '';
  const match = valueName.exec(near);
  return match ? scalarAt(text, from + match.index + match[0].length, 'word') : undefined;
}

function siblingBefore(text: string, at: number): Scalar | undefined {
  let from = at;
  while (from > 0 && at - from < NEIGHBOURHOOD && !/[{}<>]/.test(text[from - 1] ?? '')) from -= 1;
  const near = text.slice(from, at);
  const match = valueName.exec(near);
  return match ? scalarAt(text, at - near.length + match.index + match[0].length, 'word') : undefined;
}

/** `<string name="api_key">…</string>` */
function elementText(text: string, from: number): Scalar | undefined {
  const rest = /^["'][^<>]{0,200}(?<!\/)>/.exec(text.slice(from, from + NEIGHBOURHOOD))?.[0];
  if (rest === undefined) return undefined;
  const start = from + rest.length;
  const length = text.slice(start, start + 4096).indexOf('<');
  return length <= 0 || text.slice(start, start + length).trim() === ''
    ? undefined
    : { start, end: start + length };
}
