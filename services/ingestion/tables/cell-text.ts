/** The text of the characters in a cell, as pdfplumber's `extract_text` puts it together. */
import { pythonSpace } from '../python-text.ts';
import { type Char, cluster } from './objects.ts';

/** Points; pdfplumber's defaults. */
const tolerance = 3;

const blank = new RegExp(`^[${pythonSpace}]+$`, 'u');

const ligatures: Readonly<Record<string, string>> = {
  '\ufb00': 'ff',
  '\ufb03': 'ffi',
  '\ufb04': 'ffl',
  '\ufb01': 'fi',
  '\ufb02': 'fl',
  '\ufb06': 'st',
  '\ufb05': 'st',
};

interface Word {
  text: string;
  top: number;
}

export function cellText(chars: readonly Char[]): string {
  const words = runs(chars).flatMap((run) => lines(run).flatMap((line) => wordsOf(line)));
  return cluster(words, ({ top }) => top, tolerance)
    .map((line) => line.map(({ text }) => text).join(' '))
    .join('\n');
}

/** Neighbours that are all upright, or all not. */
function runs(chars: readonly Char[]): Char[][] {
  const result: Char[][] = [];
  for (const char of chars) {
    const run = result.at(-1);
    if (run?.[0]?.upright === char.upright) run.push(char);
    else result.push([char]);
  }
  return result;
}

/** Upright characters are read in lines from left to right, others in columns from top to bottom. */
function lines(run: Char[]): Char[][] {
  const upright = run[0]?.upright ?? true;
  return cluster(run, (char) => (upright ? char.top : char.x0), tolerance).map((line) =>
    line.sort(upright ? (a, b) => a.x0 - b.x0 : (a, b) => a.top - b.top || a.bottom - b.bottom),
  );
}

function wordsOf(line: Char[]): Word[] {
  const words: Char[][] = [];
  let word: Char[] = [];
  const next = (start: Char[]) => {
    if (word.length) words.push(word);
    word = start;
  };
  for (const char of line) {
    const last = word.at(-1);
    if (blank.test(char.text)) next([]);
    // A code that stands for nothing is a word of its own: Python's "" is in every string.
    else if (char.text === '') {
      next([char]);
      next([]);
    } else if (last && beginsWord(last, char)) next([char]);
    else word.push(char);
  }
  next([]);
  return words.map((chars) => ({
    text: chars.map(({ text }) => ligatures[text] ?? text).join(''),
    top: chars.reduce((least, { top }) => Math.min(least, top), Number.POSITIVE_INFINITY),
  }));
}

function beginsWord(last: Char, char: Char): boolean {
  if (last.upright)
    return char.x0 < last.x0 || char.x0 > last.x1 + tolerance || Math.abs(char.top - last.top) > tolerance;
  return char.top < last.top || char.top > last.bottom + tolerance || Math.abs(char.x0 - last.x0) > tolerance;
}
