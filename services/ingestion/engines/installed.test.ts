import { expect, it } from 'vitest';
import { installedEngine } from './installed.ts';

function chosen(wanted: 'mupdf' | 'pdf-parse', mupdf: boolean, pdfParse: boolean) {
  const said: string[] = [];
  const log = { warn: (_: object, message: string) => void said.push(message) };
  return { engine: installedEngine(wanted, log, { mupdf, 'pdf-parse': pdfParse }), said };
}

it('is the one that is asked for where it is installed, and nothing is said', () => {
  expect(chosen('mupdf', true, false)).toEqual({ engine: 'mupdf', said: [] });
  expect(chosen('pdf-parse', true, true)).toEqual({ engine: 'pdf-parse', said: [] });
  const here = { warn: () => expect.unreachable() };
  expect(installedEngine('mupdf', here)).toBe('mupdf');
});

it('is pdf-parse where mupdf is left out, and one line says what differs', () => {
  const { engine, said } = chosen('mupdf', false, true);
  expect(engine).toBe('pdf-parse');
  expect(said).toEqual([
    expect.stringMatching(/^mupdf is not installed.*may differ from what the legacy app/),
  ]);
});

it('says that uploads fail where there is none', () => {
  expect(chosen('mupdf', false, false).said).toEqual([
    expect.stringMatching(/upload.* fails.*npm run optional/),
  ]);
});

it('names the command where pdf-parse is asked for and missing', () => {
  expect(() => chosen('pdf-parse', true, false)).toThrow(
    'PDF_ENGINE=pdf-parse needs the package pdf-parse, which is not installed. Run `npm run optional`, then start again.',
  );
});
