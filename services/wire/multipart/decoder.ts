/**
 * Werkzeug 3.1.3's MultipartDecoder, step for step: what it takes for a boundary depends on how much of the body it has at
 * the time, so the body must come in the blocks that Werkzeug reads.
 *
 * The buffer is a Latin-1 string: one character a byte, searched with regular expressions.
 */
import { type Part, parsePart } from '@banyan/operations/http/part.ts';

/** A ValueError: Flask's form parser is silent about it, and then there are neither fields nor files. */
export class MalformedForm extends Error {
  override name = 'MalformedForm';
}

/** A RequestEntityTooLarge. */
export class FormTooLarge extends Error {
  override name = 'FormTooLarge';
}

export type FormEvent = { part: Part } | { data: string; last: boolean };

export interface FormLimits {
  /** Bytes of a field, and of what is held back while its end is not known. */
  memory: number;
  parts: number;
}

/** Flask's `MAX_FORM_MEMORY_SIZE` and `MAX_FORM_PARTS`. */
export const flaskLimits: FormLimits = { memory: 500_000, parts: 1000 };

/** What Werkzeug reads at once, in bytes. */
export const blockSize = 64 * 1024;

const lineBreak = '(?:\\r\\n|\\n|\\r)';
/** More than the line breaks and dashes around a boundary. */
const extraLength = 8;

/**
 * @param boundary ASCII
 * @returns what takes a block of the body, or undefined at its end, and gives what can be told by then
 * @throws MalformedForm, FormTooLarge from the iteration
 */
export function createFormDecoder(boundary: string, limits: FormLimits = flaskLimits) {
  const escaped = boundary.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');
  const ending = `(--[ \\t\\v\\f]*${lineBreak}?|[ \\t\\v\\f]*${lineBreak})`;
  const firstBoundary = new RegExp(`${lineBreak}?--${escaped}${ending}`, 'g');
  const nextBoundary = new RegExp(`${lineBreak}--${escaped}${ending}`, 'g');
  const blankLine = /\r\n\r\n|\r\r|\n\n/g;
  const delimiter = `--${boundary}`;

  let state: 'preamble' | 'part' | 'data start' | 'data' | 'epilogue' = 'preamble';
  let buffer = '';
  let searched = 0;
  let parts = 0;
  let fieldSize: number | undefined;

  return function* receive(block: string | undefined): Generator<FormEvent, void> {
    if (block !== undefined) {
      if (buffer.length + block.length > limits.memory) throw new FormTooLarge();
      buffer += block;
    }
    while (state !== 'epilogue') {
      if (state === 'preamble') {
        if (!skipPreamble()) break;
        continue;
      }
      const event = state === 'part' ? nextPart() : nextData(state === 'data start');
      if (!event) break;
      countField(event);
      yield event;
    }
    if (block === undefined && state !== 'epilogue') throw new MalformedForm();
  };

  function skipPreamble(): boolean {
    const found = search(firstBoundary, searched);
    if (!found) {
      searched = Math.max(0, buffer.length - boundary.length - extraLength);
      return false;
    }
    pass(found);
    return true;
  }

  function pass(found: RegExpExecArray): void {
    state = found[1]?.startsWith('--') ? 'epilogue' : 'part';
    buffer = buffer.slice(found.index + found[0].length);
    searched = 0;
  }

  function nextPart(): FormEvent | undefined {
    const found = search(blankLine, searched);
    if (!found) {
      searched = Math.max(0, buffer.length - extraLength);
      return undefined;
    }
    const part = parsePart(buffer.slice(0, found.index));
    if (!part) throw new MalformedForm();
    // The second of the two line breaks stays: the data starts with it.
    buffer = buffer.slice(found.index + found[0].length / 2);
    searched = 0;
    state = 'data start';
    if (++parts > limits.parts) throw new FormTooLarge();
    return { part };
  }

  function nextData(isStart: boolean): FormEvent | undefined {
    const from = isStart ? (buffer.startsWith('\r\n') ? 2 : 1) : 0;
    const found = buffer.includes(delimiter) ? search(nextBoundary, 0) : undefined;
    if (found) {
      const data = buffer.slice(from, found.index);
      pass(found);
      return { data, last: true };
    }
    const end = endOfSafeData(from);
    const data = buffer.slice(from, end);
    buffer = buffer.slice(end);
    state = 'data';
    return data || isStart ? { data, last: false } : undefined;
  }

  /** What stands from the last line feed or return on may be the start of a boundary, unless it is too long for one. */
  function endOfSafeData(from: number): number {
    const rest = buffer.slice(from);
    const positions = [rest.lastIndexOf('\n'), rest.lastIndexOf('\r')];
    const end = from + Math.min(...positions.map((at) => (at === -1 ? rest.length : at)));
    const tooLong = !buffer.includes(delimiter) && buffer.length - end > delimiter.length + 1;
    return tooLong ? buffer.length : end;
  }

  /** The data of a field is kept in memory, so it has the limit too. */
  function countField(event: FormEvent): void {
    if ('part' in event) fieldSize = event.part.filename === undefined ? 0 : undefined;
    else if (fieldSize !== undefined) {
      fieldSize += event.data.length;
      if (fieldSize > limits.memory) throw new FormTooLarge();
    }
  }

  function search(pattern: RegExp, from: number): RegExpExecArray | undefined {
    pattern.lastIndex = from;
    return pattern.exec(buffer) ?? undefined;
  }
}
