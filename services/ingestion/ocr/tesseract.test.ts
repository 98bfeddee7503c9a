import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { loadEngine } from '../engines/index.ts';
import { PdfLoader } from '../loader.ts';
import { committedCorpus } from '../parity/run.ts';
import { legacyFunctions } from '../testing/legacy.ts';
import { setupFolder } from '../testing/setup.ts';
import { tesseractReader } from './tesseract.ts';

const file = join(committedCorpus, 'scanned.pdf');

/** A stand-in for Tesseract that keeps what it is given: one folder for each call, with its picture and its arguments. */
async function keeper(folder: string): Promise<string> {
  await mkdir(folder);
  const program = join(folder, 'tesseract');
  const lines = [
    '#!/bin/sh',
    `kept=$(mktemp -d "${folder}/call-XXXXXX")`,
    'cp "$1" "$kept/picture.png"',
    'shift; out="$1"; shift; echo "$@" > "$kept/arguments"',
    `ls "${folder}" | grep -c call- > "$out.txt"`,
  ];
  await writeFile(program, `${lines.join('\n')}\n`, { mode: 0o755 });
  return program;
}

interface Kept {
  arguments: string;
  resolution: boolean;
  pixels: string;
}

async function kept(folder: string): Promise<Kept[]> {
  const calls = (await readdir(folder)).filter((name) => name.startsWith('call-'));
  const all = calls.map(async (call) => {
    const picture = join(folder, call, 'picture.png');
    const script =
      'import hashlib, sys; from PIL import Image; i = Image.open(sys.argv[1]); print(i.mode, i.size, hashlib.sha256(i.tobytes()).hexdigest())';
    return {
      arguments: await readFile(join(folder, call, 'arguments'), 'utf8'),
      resolution: (await readFile(picture)).includes('pHYs'),
      pixels: execFileSync(join(setupFolder, 'python/bin/python'), ['-c', script, picture], {
        encoding: 'utf8',
      }),
    };
  });
  return (await Promise.all(all)).sort((a, b) => a.pixels.localeCompare(b.pixels));
}

test('Tesseract is given what legacy gives it: the same pixels, no resolution, the same arguments', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'tesseract-test-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const [theirs, ours] = [join(folder, 'legacy'), join(folder, 'ours')];
  await keeper(theirs);
  const legacy = legacyFunctions(setupFolder, [theirs, process.env.PATH].join(delimiter));
  onTestFinished(() => legacy.close());
  const pages = await legacy.call('extract_pages', { file });

  const ocr = tesseractReader(await keeper(ours), folder);
  const documents = await new PdfLoader(file, { engine: await loadEngine('mupdf'), ocr }).load();

  expect(documents.map(({ pageContent, metadata }) => [metadata.page, pageContent])).toEqual(pages);
  const expected = await kept(theirs);
  expect(expected).toHaveLength(3);
  expect(await kept(ours)).toEqual(expected);
  expect(expected.map(({ resolution }) => resolution)).toEqual([false, false, false]);
});
