/** Every import keeps to the table of tools/architecture/table.ts. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { breaches, codeFiles, importsOf } from './imports.ts';
import { withPicture } from './picture.ts';
import { groups, importTable, isIn, rowOf } from './table.ts';

const root = join(import.meta.dirname, '../..');
const planted = mkdtempSync(join(tmpdir(), 'imports-'));
afterAll(() => rmSync(planted, { recursive: true, force: true }));

/** Puts files into a tree of their own. @returns what they name against the table */
function breachesIn(files: Record<string, string>): string[] {
  for (const [file, source] of Object.entries(files)) {
    mkdirSync(dirname(join(planted, file)), { recursive: true });
    writeFileSync(join(planted, file), source);
  }
  return breaches(importsOf(planted, Object.keys(files)));
}

it('every import keeps to the table', () => {
  const found = breaches(importsOf(root, codeFiles(root)));
  expect(found, `${found.length} imports against the table:\n${found.join('\n')}\n`).toEqual([]);
});

it('every file of code has a row, but for settings of tools at the root', () => {
  const without = codeFiles(root).filter((file) => !rowOf(file));
  expect(without).toEqual(['vitest.config.ts']);
});

it.each([
  ['a value', "import { a } from '../services/a.ts';"],
  ['a type', "import type { A } from '../services/a.ts';"],
  ['a type in an expression', "let a: import('../services/a.ts').A;"],
  ['something passed on', "export { a } from '../services/a.ts';"],
  ['over several lines', "import {\n  a,\n} from '../services/a.ts';"],
  ['for its effect', "import '../services/a.ts';"],
  ['at run time', "await import('../services/a.ts');"],
  ['as the program of a thread', "new Worker(new URL('../services/a.ts', import.meta.url));"],
  ['as the program of a child', "fork(join(import.meta.dirname, '../services', 'a.ts'));"],
  ['as a path', `fork(\`\${import.meta.dirname}/../services/a.ts\`);`],
  ['as a folder', "readdirSync(join(import.meta.dirname, '../services'));"],
])('the gateway may not name the application: %s', (_, source) => {
  const found = breachesIn({ 'services/a.ts': 'export const a = 1;', 'gateway/b.ts': source });
  expect(found).toEqual([expect.stringMatching(/^gateway\/b\.ts:\d .*\n.*names services/)]);
});

it('a workspace is named by its package', () => {
  const files = { 'gateway/a.ts': '', 'compare/b.ts': "import '@banyan/gateway/a.ts';" };
  expect(breachesIn(files)).toEqual([expect.stringContaining('compare may import route-table')]);
  expect(breachesIn({ 'compare/b.ts': '', 'gateway/a.ts': "import '@banyan/compare/b.ts';" })).toEqual([]);
});

it('a test of the tool may set up what it runs on, and nothing of the application', () => {
  const files = { 'tools/setup/a.ts': '', 'services/a.ts': '' };
  const source = "import '../tools/setup/a.ts';\n";
  expect(breachesIn({ ...files, 'gateway/b.test.ts': source })).toEqual([]);
  expect(breachesIn({ ...files, 'gateway/b.ts': source })).toHaveLength(1);
  expect(breachesIn({ ...files, 'gateway/b.test.ts': `${source}import '../services/a.ts';` })).toHaveLength(
    1,
  );
  expect(breachesIn({ ...files, 'tests/b.test.ts': "import '../services/a.ts';" })).toEqual([]);
});

it('the page of the application may know the gateway, what runs in browsers may not', () => {
  const files = { 'gateway/a.ts': '' };
  expect(breachesIn({ ...files, 'web/page/b.ts': "import '../../gateway/a.ts';" })).toEqual([]);
  expect(breachesIn({ ...files, 'web/chat/b.js': "import '../../gateway/a.ts';" })).toHaveLength(1);
});

it('the table itself has no circle', () => {
  const named = (name: string) => (name === 'tool' || name === 'application' ? groups[name] : [name]);
  const reaches = (from: string, goal: string, seen = new Set<string>()): boolean =>
    (importTable.find(({ folder }) => folder === from)?.imports ?? []).flatMap(named).some((next) => {
      if (next === goal) return true;
      if (seen.has(next)) return false;
      seen.add(next);
      return reaches(next, goal, seen);
    });
  const rows = importTable.filter(({ imports }) => !imports.includes('everything'));
  // What puts the two together is of the application, and nothing of the application imports it.
  const circles = rows.filter(({ folder }) => !isIn('banyan.config.ts', folder) && reaches(folder, folder));
  expect(circles.map(({ folder }) => folder)).toEqual([]);
});

it('docs/architecture.md shows the table', () => {
  const page = readFileSync(join(root, 'docs/architecture.md'), 'utf8');
  expect(page, 'write it with `npm run architecture:docs`').toBe(withPicture(page));
  expect(() => withPicture('# Architecture')).toThrow(/no place/);
});
