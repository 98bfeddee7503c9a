/** How a planted fault finds its place: after a file was moved, a name changed, a line broken; and what it says where it does not. */
import { expect, it } from 'vitest';
import type { Fault } from './mutant.ts';
import { matchesOf } from './pattern.ts';
import { Sources } from './sources.ts';

const fault: Fault = {
  name: 'late-write-in-two-orders',
  in: 'replay',
  from: 'const $isLate = $lag.isOvertaken($entry.id);',
  to: 'const $isLate = $entry === undefined;',
};
const source = `export async function replay(entry: Entry, lag: Lag) {
  const isLate = lag.isOvertaken(entry.id);
  return isLate;
}
`;
const planted = (text: string, path = 'mirror/replay.ts') =>
  new Sources([{ path, source: text }]).plant(fault).planted;

it('is planted in the module that exports what it names, wherever the file is', () => {
  const other = { path: 'a.ts', source: source.replace('replay', 'answer') };
  const moved = new Sources([other, { path: 'elsewhere/under/another-name.ts', source }]).plant(fault);
  expect(moved.path).toBe('elsewhere/under/another-name.ts');
  expect(moved.planted).toContain('const isLate = entry === undefined;');
});

it('takes the names that the code has now', () => {
  const renamed = source
    .replaceAll('isLate', 'wasOvertaken')
    .replaceAll('entry', 'write')
    .replaceAll('lag', 'backlog');
  expect(planted(renamed)).toContain('const wasOvertaken = write === undefined;');
});

it('is found where the formatter broke the line', () => {
  const broken = source.replace(
    'lag.isOvertaken(entry.id)',
    'lag\n    .isOvertaken(\n      entry.id,\n    )',
  );
  expect(planted(broken)).toContain('const isLate = entry === undefined;');
});

it('is found in a file that exports it in a list', () => {
  expect(planted(`${source.replace('export ', '')}export { helper, give as replay };\n`)).toContain(
    '=== undefined',
  );
});

const complaint = (...modules: { path: string; source: string }[]) => {
  try {
    new Sources(modules).plant(fault);
  } catch (error) {
    return (error as Error).message;
  }
  return undefined;
};

it('says which fault has lost its anchor, and which one to write', () => {
  const path = 'mirror/give.ts';
  expect(complaint({ path, source: source.replace('replay', 'giveTo') })).toBe(
    'The planted fault "late-write-in-two-orders" has lost its anchor: no module exports `replay`. ' +
      "Its text is in mirror/give.ts now: write `in: 'giveTo'`, or another name that this module exports.",
  );
});

it('says where its text went that its module has no longer', () => {
  const emptied = { path: 'mirror/replay.ts', source: 'export function replay() {}\n' };
  const helper = { path: 'mirror/late.ts', source: source.replace('replay', 'isLate') };
  expect(complaint(emptied, helper)).toMatch(/is not in mirror\/replay.ts, not once.*write `in: 'isLate'`/);
  expect(complaint(emptied)).toMatch(
    /Its text is nowhere, so the code was rewritten: plant the fault in what/,
  );
});

it('is not planted where its text is there twice', () => {
  const twice = { path: 'mirror/replay.ts', source: `${source}${source}` };
  expect(complaint(twice)).toMatch(/is 2 times in what exports `replay`.*Lengthen its `from`/);
});

it.each([
  ['$a - $a', 'b - c', 0],
  ['$a - $a', 'b - b', 1],
  ["$x === 'two  words'", "y === 'two words'", 0],
  ['.$if($limit', 'query.$if(most', 1],
  ['{ ...$answer }', '{ ...given }', 1],
  ['$x.at', 'this.x.at', 0],
  ['count + 1', 'discount + 1', 0],
])('%s in %s is there %i times', (pattern, text, times) => {
  expect(matchesOf(pattern, text)).toHaveLength(times);
});
