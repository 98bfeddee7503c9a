import { glob, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import manifest from '../../package.json' with { type: 'json' };

const root = join(import.meta.dirname, '../..');
/** Folders whose code runs in production. */
const product = '{bin,compare,connections,contract,gateway,launch,migrations,services,setup,tracing,web}';

/** The packages that a source file names in a string, as imports and resolved paths do. */
const named = (source: string): string[] =>
  [...source.matchAll(/(['"])((?:@[\w.-]+\/)?[\w.-]+)(?:\/[^'"\n]*)?\1/g)].map(([, , name = '']) => name);

it('every package that the product depends on is used by the product', async () => {
  const used = new Set(['node']);
  for await (const file of glob(`${product}/**/*.{ts,mjs}`, { cwd: root }))
    if (!/\.test\.ts$|\/test(?:ing)?\//.test(file))
      for (const name of named(await readFile(join(root, file), 'utf8'))) used.add(name);
  expect(Object.keys(manifest.dependencies).filter((name) => !used.has(name))).toEqual([]);
});
