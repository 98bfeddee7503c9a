/** What can be read of a JSON list that was cut short. */

export interface Salvaged {
  /** The complete elements before the cut. */
  items: unknown[];
  /** What follows the last complete one. */
  rest: string;
}

/** @returns undefined where the text does not begin as a list does */
export function salvage(text: string): Salvaged | undefined {
  const start = /^\s*\[/.exec(text)?.[0].length;
  if (start === undefined) return undefined;
  const end = endOfLastElement(text, start);
  const items = end === undefined ? [] : parseOrNothing(`${text.slice(0, end)}]`);
  if (!items) return { items: [], rest: text.slice(start) };
  return { items, rest: text.slice(end ?? start).replace(/^\s*,/, '') };
}

function parseOrNothing(text: string): unknown[] | undefined {
  try {
    return JSON.parse(text) as unknown[];
  } catch {
    return undefined;
  }
}

/** Elements are objects: numbers and the like cannot be told from their own beginnings. */
function endOfLastElement(text: string, start: number): number | undefined {
  let depth = 0;
  let quoted = false;
  let end: number | undefined;
  for (let at = start; at < text.length; at++) {
    const unit = text[at];
    if (quoted) {
      if (unit === '\\') at++;
      else if (unit === '"') quoted = false;
    } else if (unit === '"') quoted = true;
    else if (unit === '{' || unit === '[') depth++;
    else if (unit === '}' || unit === ']') {
      depth--;
      if (depth === 0) end = at + 1;
    }
  }
  return end;
}
