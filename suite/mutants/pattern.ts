/**
 * A piece of a program's text that is found again after the formatter was there and after names were changed:
 *
 *     const $isLate = $lag.isOvertaken($entry.id);
 *
 * `$name` stands for any name, for the same one wherever it comes again; a member's name after a dot is what it is. Between
 * words and signs there may be any space, and before a closing bracket a comma; in quotes every character counts.
 */

export interface Match {
  start: number;
  end: number;
  /** What each open name was, without its `$`. */
  names: Readonly<Record<string, string>>;
}

/** Not after a member's dot; a spread's three dots are none. */
const noMember = '(?<!(?<!\\.\\.)\\.)';
const parts = new RegExp(`\\s+|${noMember}\\$[A-Za-z]\\w*|[\\w$]+|.`, 'gs');
const openNames = new RegExp(`${noMember}\\$([A-Za-z]\\w*)`, 'g');
const isWord = (part: string | undefined) => part !== undefined && /^[\w$]/.test(part);

export function matchesOf(pattern: string, source: string): Match[] {
  const found = source.matchAll(new RegExp(expressionOf(pattern), 'g'));
  return Array.from(found, (match) => ({
    start: match.index,
    end: match.index + match[0].length,
    names: { ...match.groups },
  }));
}

/** The text with each open name that is known as it was found. */
export function filled(text: string, names: Match['names']): string {
  return text.replace(openNames, (whole, name: string) => names[name] ?? whole);
}

function expressionOf(pattern: string): string {
  const known = new Set<string>();
  let expression = '';
  let quote: string | undefined;
  let before: string | undefined;
  let isSpaced = false;
  for (const { 0: part, index } of pattern.matchAll(parts)) {
    if (quote === undefined && /^\s/.test(part)) {
      isSpaced = true;
      continue;
    }
    if (quote === undefined) expression += between(before, part, isSpaced);
    const isOpen = quote === undefined && isOpenAt(pattern, index);
    expression += isOpen ? openName(part.slice(1), known) : literal(part);
    if (part === quote) quote = undefined;
    else if (quote === undefined && /^['"`]$/.test(part)) quote = part;
    before = part;
    isSpaced = false;
  }
  return expression;
}

function isOpenAt(pattern: string, index: number): boolean {
  openNames.lastIndex = index;
  return openNames.exec(pattern)?.index === index;
}

function between(before: string | undefined, part: string, isSpaced: boolean): string {
  if (before === undefined) return '';
  if (isWord(before) && isWord(part)) return isSpaced ? '\\s+' : '';
  return /^[)\]}]$/.test(part) ? '\\s*,?\\s*' : '\\s*';
}

function openName(name: string, known: Set<string>): string {
  if (known.has(name)) return `\\b\\k<${name}>(?![\\w$])`;
  known.add(name);
  return `(?<![\\w$])${noMember}(?<${name}>[A-Za-z_$][\\w$]*)(?![\\w$])`;
}

const literal = (part: string) =>
  isWord(part)
    ? `(?<![\\w$])${part.replaceAll('$', '\\$')}(?![\\w$])`
    : part.replace(/[.*+?^${}()|[\]\\/-]/g, '\\$&');
