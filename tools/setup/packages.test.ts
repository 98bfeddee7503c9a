/** What the manifests declare, held against what the code imports: the repository's own, and each workspace's. */
import { readFileSync } from 'node:fs';
import { glob, readFile } from 'node:fs/promises';
import { builtinModules } from 'node:module';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import manifest from '../../package.json' with { type: 'json' };

const root = join(import.meta.dirname, '../..');
/** Folders whose code runs in production. */
const product =
  '{bin,compare,contract,contract-tests,gateway,migrations,operations,route-table,services,suite,tools/launch,tools/setup,web}';
const isTest = (file: string) =>
  /\.test\.ts$|(?:^|\/)(?:test|testing)\/|\/(?:testing|fixture)\.ts$/.test(file);

async function productFiles(pattern: string): Promise<string[]> {
  const files: string[] = [];
  for await (const file of glob(`${pattern}/**/*.{ts,mjs}`, { cwd: root }))
    if (!isTest(file) && !file.includes('node_modules')) files.push(file);
  return files;
}

const sourceOf = (file: string) => readFile(join(root, file), 'utf8');

/** The packages that a source file names in a string, as imports and resolved paths do. */
const named = (source: string): string[] =>
  [...source.matchAll(/(['"])((?:@[\w.-]+\/)?[\w.-]+)(?:\/[^'"\n]*)?\1/g)].map(([, , name = '']) => name);

/** The packages that a source file imports. */
const imported = (source: string): string[] =>
  [
    ...source.matchAll(
      /(?:\bfrom\s+|\bimport\s*\(\s*|^import\s+)'((?:@[\w.-]+\/)?[\w-][\w.-]*)(?:\/[^']*)?'/gm,
    ),
  ].flatMap(([, name = '']) => (builtinModules.includes(name) ? [] : [name]));

it('every package that the product depends on is used by the product', async () => {
  const used = new Set(['node']);
  for (const file of await productFiles(product))
    for (const name of named(await sourceOf(file))) used.add(name);
  expect(Object.keys(manifest.dependencies).filter((name) => !used.has(name))).toEqual([]);
});

it.each(manifest.workspaces)('%s declares the packages that it imports, and no others', async (workspace) => {
  const { dependencies, name } = JSON.parse(readFileSync(join(root, workspace, 'package.json'), 'utf8')) as {
    name: string;
    dependencies: Record<string, string>;
  };
  const imports = new Set<string>();
  const used = new Set<string>();
  for (const file of await productFiles(workspace)) {
    const source = await sourceOf(file);
    for (const one of imported(source)) if (!one.startsWith('node:')) imports.add(one);
    for (const one of named(source)) used.add(one);
  }
  imports.delete(name);
  expect([...imports].filter((one) => !(one in dependencies)).sort(), 'imported, not declared').toEqual([]);
  expect(
    Object.keys(dependencies).filter((one) => !used.has(one)),
    'declared, not used',
  ).toEqual([]);
});
