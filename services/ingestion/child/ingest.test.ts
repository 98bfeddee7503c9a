import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { ensureOptional } from '../../../tools/setup/optional.ts';
import type { Chunk } from '../chunks.ts';
import { findTesseract } from '../ocr/find-tesseract.ts';
import { runScript } from '../parity/corpus.ts';
import { committedCorpus } from '../parity/run.ts';
import * as bad from '../testing/bad-pdfs.ts';
import { type LegacyFunctions, legacyFunctions } from '../testing/legacy.ts';
import { setupFolder } from '../testing/setup.ts';
import { failedText, type IngestionOptions, type IngestionOutcome, ingestPdf } from './ingest.ts';
import type { IngestionRequest } from './messages.ts';
import { residentBytes } from './resident.ts';

const gigabyte = 1024 ** 3;
const tesseract = findTesseract();

let folder: string;
let legacy: LegacyFunctions;
beforeAll(async () => {
  await ensureOptional();
  folder = await mkdtemp(join(tmpdir(), 'ingest-test-'));
  legacy = legacyFunctions(setupFolder);
});
afterAll(async () => {
  legacy.close();
  await rm(folder, { recursive: true });
});

const corpus = (name: string) => join(committedCorpus, `${name}.pdf`);

async function written(name: string, bytes: Uint8Array): Promise<string> {
  const file = join(folder, `${name}.pdf`);
  await writeFile(file, bytes);
  return file;
}

async function ingest(
  file: string,
  options: Partial<IngestionOptions> = {},
  request: Partial<IngestionRequest> = {},
): Promise<{ outcome: IngestionOutcome; chunks: Chunk[]; pid: number }> {
  const chunks: Chunk[] = [];
  let pid = 0;
  const outcome = await ingestPdf(
    { file, documentId: 'document', filename: 'document.pdf', engine: 'mupdf', ...request },
    {
      onChunks: (some) => void chunks.push(...some),
      onSpawn: (id) => {
        pid = id;
      },
      ...options,
    },
  );
  return { outcome, chunks, pid };
}

async function expectGood(): Promise<void> {
  const { outcome, chunks } = await ingest(await written('good', bad.good));
  expect(outcome).toEqual({ status: 'done', chunks: 1, faults: [] });
  expect(chunks[0]?.text).toBe('All is well');
}

/** Whether nothing runs any more of the group that a child led; what nobody has reaped yet does not run. */
function groupIsGone(pid: number): boolean {
  const processes = execFileSync('ps', ['-A', '-o', 'pgid=,stat='], { encoding: 'utf8' });
  return !processes.split('\n').some((line) => new RegExp(`^\\s*${pid}\\s+[^Z]`).test(line));
}

describe('a PDF that can be read', () => {
  test.each(['tables-ruled', 'long-pages', 'forms', 'encrypted', 'damaged'])(
    '%s comes out of the child as legacy builds its chunks, metadata and order included',
    async (name) => {
      const { chunks, outcome } = await ingest(corpus(name));
      const expected = await legacy.call('document', { file: corpus(name) });
      expect(JSON.stringify(chunks)).toBe(JSON.stringify(expected.chunks));
      expect(outcome).toEqual({ status: 'done', chunks: chunks.length, faults: [] });
    },
  );

  test.skipIf(!tesseract)(
    'a scan is read by Tesseract as legacy reads it, and leaves no file behind',
    async () => {
      const scratchFolder = await mkdtemp(join(folder, 'scratch-'));
      const { chunks } = await ingest(corpus('scanned'), { scratchFolder }, tesseract ? { tesseract } : {});
      const expected = await legacy.call('document', { file: corpus('scanned') });
      expect(chunks[0]?.text).toContain('Invoice number 2024-117');
      expect(chunks).toEqual(expected.chunks);
      expect(await readdir(scratchFolder)).toEqual([]);
    },
  );

  test('without Tesseract a scan has no text', async () => {
    const { outcome } = await ingest(corpus('scanned'));
    expect(outcome).toMatchObject({ status: 'failed', error: failedText, cause: 'no-text' });
  });

  test('one page with text is enough for pictures not to be read', async () => {
    const { chunks } = await ingest(corpus('half-scanned'), {}, tesseract ? { tesseract } : {});
    expect(chunks.map(({ text }) => text)).toEqual(['Only this page has text.']);
  });

  test('the other engine is one setting away', async () => {
    const { chunks } = await ingest(corpus('plain'), {}, { engine: 'pdf-parse' });
    expect(chunks).toHaveLength(4);
    expect(chunks[0]?.text).toContain('Chapter 1: What was measured');
  });

  test('progress is told page by page, texts first, then tables', async () => {
    const told: string[] = [];
    await ingest(corpus('plain'), {
      onProgress: ({ stage, page, pages }) => told.push(`${stage} ${page}/${pages}`),
    });
    expect(told).toEqual(
      ['text', 'tables'].flatMap((stage) => [1, 2, 3, 4].map((page) => `${stage} ${page}/4`)),
    );
  });
});

describe('a PDF that cannot be read fails with the words of legacy, and the next one is fine', () => {
  const unreadable: Record<string, Uint8Array | string> = {
    'a password': corpus('password'),
    'no bytes': new Uint8Array(),
    'no PDF': corpus('not-a-pdf-text'),
    'no pages': bad.zeroPages,
    'only blank pages': corpus('blank'),
    'a cut in the middle': bad.good.subarray(0, 200),
    'noise alone': Uint8Array.from({ length: 5000 }, (_, i) => (i * 7919) % 251),
    'a file that is not there': '/nowhere/at-all.pdf',
  };
  test.each(Object.entries(unreadable))('%s', async (name, content) => {
    const file = typeof content === 'string' ? content : await written(name.replaceAll(' ', '-'), content);
    const { outcome, chunks } = await ingest(file);
    expect(outcome).toMatchObject({
      status: 'failed',
      error: 'Failed to extract any text from PDF',
      cause: 'no-text',
    });
    expect(chunks).toEqual([]);
  });

  test('a good one after all of these', expectGood);
});

describe('limits', () => {
  const limits = { memory: gigabyte, time: 60_000 };

  test('a decompression bomb is refused the memory, and the next PDF is fine', async () => {
    const { outcome, pid } = await ingest(await written('string-bomb', bad.stringBomb), { limits });
    expect(outcome).toMatchObject({ status: 'failed', error: failedText, cause: 'memory' });
    // By the child itself, before the memory was taken.
    expect(outcome).toMatchObject({ reason: 'it asked for more memory than it may have' });
    expect(groupIsGone(pid)).toBe(true);
    await expectGood();
  });

  test('memory outside of WebAssembly is seen from outside, and the child never takes much more than its cap', async () => {
    let most = 0;
    let watch: NodeJS.Timeout | undefined;
    const { outcome } = await ingest(
      await written('blank-bomb', bad.blankBomb),
      {
        limits: { memory: 600 * 1024 ** 2, time: 60_000 },
        onSpawn: (pid) => {
          watch = setInterval(async () => {
            most = Math.max(most, await residentBytes(pid));
          }, 20);
        },
      },
      { engine: 'pdf-parse' },
    );
    clearInterval(watch);
    expect(outcome).toMatchObject({
      status: 'failed',
      cause: 'memory',
      reason: expect.stringContaining('MB'),
    });
    expect(most).toBeGreaterThan(400 * 1024 ** 2);
    expect(most).toBeLessThan(900 * 1024 ** 2);
  });

  test.each([
    ['a form that draws itself over and over', bad.formHang],
    ['a font that never ends', bad.fontHang],
    ['a page of many gigabytes', bad.slowContent],
  ])(
    '%s is ended when its time is up, though it answers nothing, and the next PDF is fine',
    async (name, bytes) => {
      const started = performance.now();
      const { outcome, pid } = await ingest(await written(name.replaceAll(' ', '-'), bytes), {
        limits: { ...limits, time: 3000 },
      });
      expect(outcome).toMatchObject({ status: 'failed', error: failedText, cause: 'time' });
      expect(performance.now() - started).toBeLessThan(10_000);
      expect(groupIsGone(pid)).toBe(true);
      await expectGood();
    },
  );

  test('a Tesseract that hangs ends with the child', async () => {
    const hanging = join(folder, 'tesseract');
    await writeFile(hanging, '#!/bin/sh\nsleep 600\n', { mode: 0o755 });
    const { outcome, pid } = await ingest(
      corpus('scanned'),
      { limits: { ...limits, time: 4000 } },
      { tesseract: hanging },
    );
    expect(outcome).toMatchObject({ cause: 'time' });
    await vi.waitFor(() => expect(groupIsGone(pid)).toBe(true));
  });

  test('a good PDF is not held up by a bad one beside it', async () => {
    const stop = new AbortController();
    const hanging = ingest(await written('hang', bad.formHang), { limits, signal: stop.signal });
    await expectGood();
    stop.abort();
    expect((await hanging).outcome).toMatchObject({ cause: 'cancelled' });
  });

  test('5,000 pages without a word on most stay far under the cap', async () => {
    await runScript(setupFolder, 'make.py', folder, '--sparse', '5000');
    let pages = 0;
    let most = 0;
    let pid = 0;
    const { outcome, chunks } = await ingest(join(folder, 'sparse-5000.pdf'), {
      limits: { memory: gigabyte, time: 110_000 },
      onSpawn: (id) => {
        pid = id;
      },
      onProgress: ({ page }) => {
        pages++;
        if (page % 100 === 0)
          void residentBytes(pid).then((bytes) => {
            most = Math.max(most, bytes);
          });
      },
    });
    expect(outcome).toMatchObject({ status: 'done', chunks: 50 });
    expect(chunks.at(-1)?.metadata.page).toBe('5000');
    expect(pages).toBe(10_000);
    expect(most).toBeGreaterThan(0.05 * gigabyte);
    expect(most).toBeLessThan(0.4 * gigabyte);
  }, 120_000);

  test('no more than 2,000 chunks are made, and no page is read for more', async () => {
    await runScript(setupFolder, 'make.py', folder, '--long');
    let last = 0;
    const { chunks } = await ingest(join(folder, 'long-5000.pdf'), {
      onProgress: ({ page }) => {
        last = page;
      },
    });
    expect(chunks).toHaveLength(2000);
    expect(last).toBe(2000);
  }, 60_000);
});

describe('whoever takes the chunks', () => {
  test('is waited for, and that time does not count', async () => {
    const { outcome } = await ingest(corpus('tables-odd'), {
      limits: { memory: gigabyte, time: 9000 },
      onChunks: () => new Promise((resolve) => setTimeout(resolve, 9500)),
    });
    expect(outcome).toMatchObject({ status: 'done', chunks: 30 });
  });

  test('gets the next ones when it is done with the last', async () => {
    await runScript(setupFolder, 'make.py', folder, '--long');
    const pages: string[] = [];
    let busy = 0;
    await ingest(join(folder, 'long-300.pdf'), {
      onChunks: async (chunks) => {
        expect(++busy).toBe(1);
        await new Promise((resolve) => setTimeout(resolve, 50));
        pages.push(...chunks.map(({ metadata }) => metadata.page));
        busy--;
      },
    });
    expect(pages).toEqual(Array.from({ length: 300 }, (_, index) => String(index + 1)));
  });

  test('may fail: the child is ended and the error comes out', async () => {
    let pid = 0;
    await expect(
      ingest(corpus('plain'), {
        onSpawn: (id) => {
          pid = id;
        },
        onChunks: () => Promise.reject(new Error('no room')),
      }),
    ).rejects.toThrow('no room');
    expect(groupIsGone(pid)).toBe(true);
  });

  test('may cancel before and while it runs', async () => {
    const file = await written('cancelled', bad.formHang);
    expect((await ingest(file, { signal: AbortSignal.abort() })).outcome).toMatchObject({
      cause: 'cancelled',
    });
    const stop = new AbortController();
    const { outcome } = await ingest(file, {
      signal: stop.signal,
      onSpawn: () => setTimeout(() => stop.abort(), 500),
    });
    expect(outcome).toMatchObject({ status: 'failed', cause: 'cancelled' });
  });
});

test('a child that hangs does not outlive a worker that was killed', async () => {
  const script = join(folder, 'worker.ts');
  const file = await written('orphan', bad.formHang);
  await writeFile(
    script,
    `import { ingestPdf } from ${JSON.stringify(join(import.meta.dirname, 'ingest.ts'))};
    await ingestPdf({ file: ${JSON.stringify(file)}, documentId: 'd', filename: 'd.pdf', engine: 'mupdf' },
      { onChunks: () => {}, onSpawn: (pid) => console.log(pid) });`,
  );
  const worker = spawn(process.execPath, [script], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = (await once(worker.stdout, 'data')) as [Buffer];
  const pid = Number(line.toString());
  // It is in the page, and hears nothing, once its processor time passes what it takes to begin.
  await vi.waitFor(() => expect(processorSeconds(pid)).toBeGreaterThan(1.5), {
    timeout: 20_000,
    interval: 100,
  });
  worker.kill('SIGKILL');
  await vi.waitFor(() => expect(groupIsGone(pid)).toBe(true), { timeout: 5000, interval: 50 });
});

function processorSeconds(pid: number): number {
  const time = execFileSync('ps', ['-o', 'cputimes=', '-p', String(pid)], { encoding: 'utf8' });
  return Number(time.trim());
}
