/** Reads values in a text: a quoted one, a bare one, all of a list or an object. */

export interface Scalar {
  /** Inclusive, without the quotes. */
  start: number;
  /** Exclusive. */
  end: number;
}

/** Where a bare value ends. */
export type BareKind = 'form' | 'word' | 'line' | 'parameter';

const ends: Record<BareKind, RegExp> = {
  form: /[&#\s"<>]/g,
  word: /[\s,;&"'`<>{}()[\]]/g,
  line: /[\r\n]/g,
  parameter: /[;?&#,"<>\r\n]/g,
};

/** Undefined where no value stands. A quoted one that does not end goes to the end of the text. */
export function scalarAt(text: string, from: number, bare: BareKind): Scalar | undefined {
  const quote = text[from];
  if (quote === '"' || quote === "'" || quote === '`')
    return { start: from + 1, end: closing(text, from + 1, quote) };
  if (quote === '\\' && (text[from + 1] === '"' || text[from + 1] === "'")) return undefined;
  const stop = new RegExp(ends[bare]);
  stop.lastIndex = from;
  const end = stop.exec(text)?.index ?? text.length;
  return end === from ? undefined : { start: from, end };
}

/** Where a quoted text ends; quotes that are escaped are part of it. */
export function closing(text: string, from: number, quote: string): number {
  for (let at = from; at < text.length; at += 1) {
    if (text[at] === '\\') at += 1;
    else if (text[at] === quote) return at;
  }
  return text.length;
}

/** Every value in a list or an object, names aside, however deep. `from` is where it opens. */
export function nestedScalars(text: string, from: number): { scalars: Scalar[]; end: number } {
  const scalars: Scalar[] = [];
  let depth = 0;
  let at = from;
  while (at < text.length) {
    const char = text[at] ?? '';
    if (char === '"' || char === "'") {
      const end = closing(text, at + 1, char);
      if (!/^\s{0,8}:/.test(text.slice(end + 1, end + 10))) scalars.push({ start: at + 1, end });
      at = end + 1;
    } else if (char === '{' || char === '[') {
      depth += 1;
      at += 1;
    } else if (char === '}' || char === ']') {
      depth -= 1;
      at += 1;
      if (depth === 0) break;
    } else if (/[\w+-]/.test(char)) {
      const bare = scalarAt(text, at, 'word');
      const end = bare?.end ?? at + 1;
      const word = text.slice(at, end);
      if (bare && !/:$/.test(word) && !/^\s{0,8}:/.test(text.slice(end, end + 9))) scalars.push(bare);
      at = end;
    } else at += 1;
  }
  return { scalars, end: at };
}
