/** Decisions are short, and say what would change them; histories of measurements are pages of their own. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const docs = join(import.meta.dirname, '../../docs');
const decisions = readdirSync(join(docs, 'decisions')).sort();
const text = (name: string) => readFileSync(join(docs, 'decisions', name), 'utf8');
const mostWords = 1300;

it('each decision has a number of its own, without a gap', () => {
  const numbers = decisions.map((name) => Number(/^(\d{4})-[a-z-]+\.md$/.exec(name)?.[1]));
  expect(numbers).toEqual(decisions.map((_, i) => i + 1));
});

describe.each(decisions)('%s', (name) => {
  it(`has at most ${mostWords} words`, () => {
    expect(text(name).split(/\s+/).length).toBeLessThanOrEqual(mostWords);
  });

  it('has its number in its title, a context, a choice, and what would change our mind', () => {
    const page = text(name);
    expect(page).toMatch(new RegExp(`^# ${name.slice(0, 4)} \\S`));
    for (const part of ['Context', 'Choice', 'What would change our mind'])
      expect(page, part).toMatch(new RegExp(`\\*\\*${part}\\b`));
  });

  it('names files of the repository by links that lead somewhere', () => {
    const links = [...text(name).matchAll(/\]\((?!https?:)([^)#]+)/g)].map(([, path = '']) => path);
    for (const path of links) expect(() => readFileSync(join(docs, 'decisions', path)), path).not.toThrow();
  });
});
