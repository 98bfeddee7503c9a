/**
 * Puts stand-ins in the place of secrets. Texts are handled as Latin-1 strings, a character a byte, so that lengths hold
 * and bytes that are no UTF-8 pass unharmed. The work grows with the length of a text, whatever is in it.
 */

import { joinedEvents } from './events.ts';
import type { Finding } from './finding.ts';
import { united } from './finding.ts';
import { headerSecrets } from './headers.ts';
import { markupIn } from './markup.ts';
import { type OwnPattern, ownPattern } from './own-patterns.ts';
import { PositionScanner } from './positions.ts';
import { Remembered } from './remembered.ts';
import type { RedactionRules } from './rules.ts';
import { knownFormats } from './secretlint.ts';
import { shapesIn } from './shapes.ts';
import { StandIns, schemeOf } from './stand-ins.ts';
import type { View } from './view.ts';
import { encodedAs, viewsOf } from './views.ts';

/** A secret, what is put in its place (as long), and where it becomes known for one. */
export interface Replacement extends Finding {
  put: string;
}

/** A stand-in is made for what is replaced alone: what is found in a view may stand in a secret that was found before. */
interface Found extends Finding {
  standIn: () => string;
}

/** Encodings inside each other are undone this often: a query in a query, JSON in JSON in JSON. */
const DEEPEST = 3;

export class Redactor {
  readonly #headers: ReadonlySet<string>;
  readonly #positions: PositionScanner;
  readonly #own: readonly OwnPattern[];
  readonly #standIns: StandIns;
  readonly #remembered = new Remembered();
  /** Values replaced so far, repetitions counted. */
  replaced = 0;

  constructor(rules: RedactionRules, key: Uint8Array) {
    this.#headers = new Set(rules.headers);
    this.#positions = new PositionScanner({
      fields: new Set(rules.fields.map((field) => field.toLowerCase())),
    });
    this.#own = rules.patterns.map(({ pattern }) => ownPattern(pattern));
    this.#standIns = new StandIns(key);
  }

  /** Every stand-in given out, for the reader of the recording. */
  standIns(): string[] {
    return this.#standIns.all();
  }

  /** Everything that was taken for a secret so far. */
  secrets(): string[] {
    return this.#standIns.secrets();
  }

  /** Name, value pairs of a raw header list, secrets replaced. */
  headers(rawHeaders: readonly string[]): { name: string; value: string }[] {
    const pairs: { name: string; value: string }[] = [];
    for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
      const name = rawHeaders[i] ?? '';
      const value = rawHeaders[i + 1] ?? '';
      const secrets = headerSecrets(name.toLowerCase(), value, this.#headers);
      pairs.push({
        name,
        value: secrets ? this.#with(value, resolved(this.#examine(value, 0, secrets))) : this.text(value),
      });
    }
    return pairs;
  }

  /** A whole text, secrets replaced. */
  text(text: string): string {
    return this.#with(text, this.find(text));
  }

  /** Where secrets stand in a text, in order, and what to put there. */
  find(text: string): Replacement[] {
    return resolved(this.#examine(text, 0, []));
  }

  #with(text: string, replacements: readonly Replacement[]): string {
    this.replaced += replacements.length;
    return replaced(text, replacements);
  }

  #examine(text: string, depth: number, given: readonly Finding[]): Found[] {
    const found = united([
      ...given,
      ...this.#positions.find(text),
      ...markupIn(text),
      ...shapesIn(text),
      ...knownFormats(text),
      ...this.#own.flatMap((pattern) => pattern(text)),
    ]);
    for (const { start, end } of found) this.#remember(text.slice(start, end));
    const all = united([...found, ...this.#remembered.find(text)]);
    const views = depth < DEEPEST ? [...viewsOf(text), ...(depth === 0 ? joinedEvents(text) : [])] : [];
    const covered = new Cover(text.length, all);
    const out: Found[] = all.map((finding) => {
      const secret = text.slice(finding.start, finding.end);
      return { ...finding, standIn: () => this.#standIns.for(secret) };
    });
    for (const view of views)
      for (const found of this.#examine(view.text, depth + 1, []))
        out.push(...inText(text, view, found, covered));
    return out.toSorted((a, b) => a.start - b.start);
  }

  #remember(secret: string): void {
    const { lead, rest } = schemeOf(secret);
    this.#remembered.add(rest);
    if (!/^basic/i.test(lead)) return;
    // The password of a user who sends it in this form may stand in a body as well.
    const plain = Buffer.from(rest, 'base64').toString('latin1');
    this.#remembered.add(plain.slice(plain.indexOf(':') + 1));
  }
}

/** Which characters of a text have a stand-in already. */
class Cover {
  readonly #taken: Uint8Array;

  constructor(length: number, findings: readonly Finding[]) {
    this.#taken = new Uint8Array(length);
    for (const { start, end } of findings) this.#taken.fill(1, start, end);
  }

  /** @returns false where something stands there already */
  take(start: number, end: number): boolean {
    for (let at = start; at < end; at += 1) if (this.#taken[at] === 1) return false;
    this.#taken.fill(1, start, end);
    return true;
  }
}

/** What was found in a view as stretches of the text viewed; what is covered already is left out. */
function inText(text: string, view: View, { start, end, known, standIn }: Found, cover: Cover): Found[] {
  const out: Found[] = [];
  const begins = view.starts[known] ?? 0;
  const stretches: [from: number, to: number][] = [];
  for (let i = start; i < end; i += 1) {
    if (!cover.take(view.starts[i] ?? 0, view.ends[i] ?? 0)) continue;
    const last = stretches.at(-1);
    if (last?.[1] === i && view.ends[i - 1] === view.starts[i]) last[1] = i + 1;
    else stretches.push([i, i + 1]);
  }
  for (const [from, to] of stretches) {
    const first = view.starts[from] ?? 0;
    const put = () => {
      const chars = standIn();
      let written = '';
      for (let i = from; i < to; i += 1)
        written += encodedAs(text.slice(view.starts[i], view.ends[i]), chars[i - start] ?? '');
      return written;
    };
    out.push({ start: first, end: view.ends[to - 1] ?? first, known: Math.min(begins, first), standIn: put });
  }
  return out;
}

const resolved = (found: readonly Found[]): Replacement[] =>
  found.map(({ start, end, known, standIn }) => ({ start, end, known, put: standIn() }));

/** The text up to `to`, with what is to be put there. */
export function replaced(
  text: string,
  replacements: readonly Replacement[],
  from = 0,
  to = text.length,
): string {
  const pieces: string[] = [];
  let at = from;
  for (const { start, end, put } of replacements) {
    if (start >= to) break;
    if (end <= at) continue;
    pieces.push(text.slice(at, start), put.slice(Math.max(0, at - start), to - start));
    at = Math.min(end, to);
  }
  pieces.push(text.slice(at, Math.max(at, to)));
  return pieces.join('');
}
