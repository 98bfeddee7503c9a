/** Changes values in a JSON answer and leaves every other byte as it was. Texts are Latin-1, a character a byte. */
import type { Answer } from '@banyan/compare/answer.ts';
import { type JsonValue, parseJson } from '@banyan/compare/json/parse.ts';
import type { Path } from '@banyan/compare/json/places.ts';

export const textOf = ({ body }: Answer): string => Buffer.from(body).toString('latin1');

/** @returns undefined where it is no JSON */
export function jsonOf(answer: { body: Uint8Array } | undefined): unknown {
  try {
    return JSON.parse(Buffer.from(answer?.body ?? []).toString('utf8')) as unknown;
  } catch {
    return undefined;
  }
}

/** The answer with another body, and the length that fits it. */
export function withText(answer: Answer, text: string): Answer {
  const body = Buffer.from(text, 'latin1');
  const rawHeaders = answer.rawHeaders.map((each, i, all) =>
    i % 2 === 1 && all[i - 1]?.toLowerCase() === 'content-length' ? String(body.length) : each,
  );
  return { ...answer, body, rawHeaders };
}

/** The value as it is written; undefined where there is none. */
export function lexemeAt(text: string, path: Path): string | undefined {
  const value = valueAt(text, path);
  return value && text.slice(value.start, value.end);
}

/** @param lexeme what stands there instead; nothing is changed where there is no such place */
export function withValue(text: string, path: Path, lexeme: string): string {
  const value = valueAt(text, path);
  return value ? text.slice(0, value.start) + lexeme + text.slice(value.end) : text;
}

/** A list with some of its elements, given by what they are and where they stand, and others behind them. */
export function withElements(
  text: string,
  path: Path,
  isKept: (element: unknown, index: number) => boolean,
  behind: readonly string[] = [],
): string {
  const list = valueAt(text, path);
  if (list?.kind !== 'array') return text;
  const written = list.items.map(({ value }) => text.slice(value.start, value.end));
  const kept = written.filter((each, i) => isKept(JSON.parse(utf8(each)), i));
  const [before, after] = [list.items[0]?.gaps[0] ?? '', list.items.at(-1)?.gaps[1] ?? ''];
  const between = list.items[0]?.gaps[1] && list.items.length > 1 ? list.items[0].gaps[1] : '';
  const elements = [...kept, ...behind];
  const inside =
    elements.length === 0
      ? ''
      : elements.map((each, i) => before + each + (i < elements.length - 1 ? between : after)).join(',');
  return `${text.slice(0, list.start)}[${inside}]${text.slice(list.end)}`;
}

/** As Python writes it: ASCII alone. */
export function asciiLexeme(text: string): string {
  return JSON.stringify(text).replace(
    /[\u0080-\uffff]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

const utf8 = (latin1: string) => Buffer.from(latin1, 'latin1').toString('utf8');

function valueAt(text: string, path: Path): JsonValue | undefined {
  return path.reduce<JsonValue | undefined>((value, step) => {
    if (value?.kind === 'object') return value.members.findLast(({ key }) => key === step)?.value;
    if (value?.kind === 'array' && typeof step === 'number') return value.items[step]?.value;
    return undefined;
  }, parseJson(text)?.value);
}
