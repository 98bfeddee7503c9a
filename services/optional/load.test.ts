import { beforeAll, expect, it } from 'vitest';
import { ensureOptional } from '../../tools/setup/optional.ts';
import { hasOptional, loadOptional, OptionalMissingError } from './load.ts';
import { loadPdfParse, pdfjsFolder } from './pdf-parse.ts';

beforeAll(() => ensureOptional());

it('loads what `npm run optional` has installed', async () => {
  expect(hasOptional('@langchain/openai')).toBe(true);
  expect(await loadPdfParse()).toHaveProperty('PDFParse');
  expect(pdfjsFolder()).toMatch(/services\/optional\/node_modules\/pdfjs-dist$/);
});

it('says which setting needs a package that is missing, and how to install it', async () => {
  const missing = loadOptional('no-such-package', 'THE_SETTING=x');
  await expect(missing).rejects.toBeInstanceOf(OptionalMissingError);
  await expect(missing).rejects.toThrow(/^THE_SETTING=x needs .*no-such-package.*`npm run optional`/);
  expect(hasOptional('no-such-package')).toBe(false);
});
