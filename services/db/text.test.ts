import { sql } from 'kysely';
import { describe, expect, it } from 'vitest';
import { onBothDatabases } from './testing/both.ts';
import { fromStored, toStored } from './text.ts';

/** Repeatable: mulberry32. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

const pieces = [
  ...[
    '\\',
    '\\\\',
    '\0',
    '\ud83d',
    '\ude00',
    '😀',
    '\u{10ffff}',
    'u',
    'u0000',
    '\\u0000',
    '\\ud83d',
    '\\u{1}',
  ],
  ...[
    'd',
    '8',
    '0',
    'D83D',
    '\n',
    '\x7f',
    '\u200b',
    '\ufeff',
    '\ufffd',
    '\uffff',
    'é',
    'e\u0301',
    '漢',
    '#',
    "'",
    '"',
  ],
];

function texts(count: number, seed: number): string[] {
  const next = random(seed);
  const pick = () => pieces[Math.floor(next() * pieces.length)] ?? '';
  return Array.from({ length: count }, () =>
    Array.from({ length: Math.floor(next() * 12) }, () =>
      next() < 0.2 ? String.fromCharCode(Math.floor(next() * 0x10000)) : pick(),
    ).join(''),
  );
}

describe('a stored text', () => {
  it('comes back as it was, whatever is in it', () => {
    for (const text of texts(20_000, 1)) expect(fromStored(toStored(text)), JSON.stringify(text)).toBe(text);
  });

  it('is itself where PostgreSQL can hold it, but for the backslash', () => {
    const plain = 'Résumé “quoted” 漢字 😀 \u200b\n\t\u{10ffff} \ufffd';
    expect(toStored(plain)).toBe(plain);
    expect(toStored('a\\b\0\ud83d!')).toBe('a\\\\b\\u0000\\ud83d!');
  });

  it('is another one for another text', () => {
    const all = [...new Set(texts(5_000, 2))];
    expect(new Set(all.map(toStored)).size).toBe(all.length);
  });
});

onBothDatabases((database) => {
  it('comes back from the database as it was', async () => {
    const all = texts(2_000, 3);
    const stored = all.map(toStored);
    const { rows } = await sql<{ text: string }>`
      select text from unnest(${stored}::text[]) with ordinality as t(text, n) order by n`.execute(
      database.db,
    );
    expect(rows.map(({ text }) => fromStored(text))).toEqual(all);
  });
});
