/** No two files import each other, nor do folders that lie beside each other, whatever way around and types included. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { fileGraph, folderGraph, parentsOf, shortestCycles, told } from './cycles.ts';
import { codeFiles, importsOf } from './imports.ts';
import { isTest } from './table.ts';

const root = join(import.meta.dirname, '../..');
const planted = mkdtempSync(join(tmpdir(), 'cycles-'));
afterAll(() => rmSync(planted, { recursive: true, force: true }));

const fileCircles = (place: string, files: readonly string[]) =>
  shortestCycles(fileGraph(importsOf(place, files))).map((circle) => told('files', circle));

/** Of the files of production: a test may use what is above the folder that it lies in. */
function folderCircles(place: string, files: readonly string[]): string[] {
  const imports = importsOf(place, files).filter(({ from, to }) => !isTest(from) && !isTest(to));
  return parentsOf(files).flatMap((parent) =>
    shortestCycles(folderGraph(imports, parent)).map((circle) =>
      told(`folders in ${parent || 'the root'}`, circle),
    ),
  );
}

function plant(files: Record<string, string>): string[] {
  for (const [file, source] of Object.entries(files)) {
    mkdirSync(dirname(join(planted, file)), { recursive: true });
    writeFileSync(join(planted, file), source);
  }
  return Object.keys(files);
}

const message = (found: readonly string[]) => `${found.length} circles:\n${found.join('\n')}\n`;

it('no files import each other, tests among them', () => {
  const found = fileCircles(root, codeFiles(root));
  expect(found, message(found)).toEqual([]);
});

it('no folders that lie beside each other import each other', () => {
  const found = folderCircles(root, codeFiles(root));
  expect(found, message(found)).toEqual([]);
});

it('shows the shortest circle of files, with its lines', () => {
  const files = plant({
    'a.ts': "\nimport type { B } from './b.ts';\nimport './c.ts';",
    'b.ts': "import './c.ts';",
    'c.ts': "const a = await import('./a.ts');",
  });
  expect(fileCircles(planted, files)).toEqual([
    expect.stringMatching(
      /^a circle of 2 files:\n {4}a\.ts:3 → c\.ts .*\n {4}c\.ts:1 → a\.ts .*import\('\.\/a\.ts'\)$/,
    ),
  ]);
});

it('finds a circle of folders that no files make, at any level', () => {
  const files = plant({
    'x/y/one/a.ts': "import '../two/b.ts';",
    'x/y/two/b.ts': '',
    'x/y/two/c.ts': "export type { D } from '../one/d.ts';",
    'x/y/one/d.ts': '',
  });
  expect(fileCircles(planted, files)).toEqual([]);
  expect(folderCircles(planted, files)).toEqual([
    expect.stringMatching(/^a circle of 2 folders in x\/y:\n {4}x\/y\/one\/a\.ts:1 → x\/y\/two\/b\.ts/),
  ]);
  const cut = plant({ 'x/y/two/c.ts': '' });
  expect(folderCircles(planted, [...files, ...cut])).toEqual([]);
});
