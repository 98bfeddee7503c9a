import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { until } from '../../tools/setup/testing/processes.ts';
import { committedCorpus } from '../ingestion/parity/run.ts';
import * as pdfs from '../ingestion/testing/bad-pdfs.ts';
import type { Uploads } from '../uploads.ts';
import { embedded } from './testing/forms.ts';

const bad: Record<string, () => Uint8Array | Promise<Uint8Array>> = {
  'no bytes': () => new Uint8Array(),
  'no PDF': () => Buffer.from('no PDF'),
  'a cut in the middle': () => pdfs.good.subarray(0, 200),
  'a password': () => readFile(join(committedCorpus, 'password.pdf')),
  'no pages': () => pdfs.zeroPages,
  'a string of 6 GB': () => pdfs.stringBomb,
  'blanks of 6 GB': () => pdfs.blankBomb,
  'a picture of 4 GB': () => pdfs.pictureBomb,
  'a page of 5 m': () => pdfs.hugePage,
  'forms without end': () => pdfs.formHang,
  'a font without end': () => pdfs.fontHang,
  'content without end': () => pdfs.slowContent,
};

// What holds a good one up is the worker's lanes and the processors, which are the same in every form.
embedded((form) => {
  const ended = async (id: string) => ['done', 'error'].includes((await form.job(id)).status);

  /** How long a good one takes, in milliseconds: the median of five, as others may be busy on the machine now and then. */
  async function timeOfGood(uploads: Uploads): Promise<number> {
    const times: number[] = [];
    for (let n = 0; n < 5; n++) {
      const begun = performance.now();
      const id = await form.upload(uploads, pdfs.good, { filename: `good-${n}.pdf` });
      await until(() => ended(id), 60_000, 'a good one to end');
      times.push(performance.now() - begun);
      expect(await form.job(id)).toMatchObject({ status: 'done', chunksAdded: 1 });
    }
    return times.sort((a, b) => a - b)[2] ?? Number.NaN;
  }

  it('holds up good PDFs by less than a second, with bad ones of every kind beside them', {
    timeout: 240_000,
  }, async () => {
    // What has no end is still there when this is over.
    const limits = { memory: 400 * 1024 ** 2, time: 600_000 };
    const uploads = await form.start({
      ingestion: { engine: 'mupdf', limits },
      concurrency: 2,
      patience: { dispatched: 60, silent: 60 },
    });
    const alone = await timeOfGood(uploads);
    const ids = new Map<string, string>();
    for (const [name, make] of Object.entries(bad))
      ids.set(name, await form.upload(uploads, await make(), { filename: `${name}.pdf` }));
    const begun = async (id: string) => (await form.job(id)).status !== 'queued';
    for (const id of ids.values()) await until(() => begun(id), 30_000, 'a bad one to begin');
    const beside = await timeOfGood(uploads);
    // They were there all the time, at the processors. The forms come to the end of their memory, sooner or later.
    for (const name of ['a font without end', 'content without end'])
      expect(await form.job(ids.get(name) ?? '')).toMatchObject({ status: 'processing' });
    // A second; where others keep the machine so busy that a good one alone takes half a second, twice as long again.
    expect(beside - alone).toBeLessThan(Math.max(1000, 2 * alone));
    const failed = { status: 'error', error: 'Failed to extract any text from PDF' };
    for (const name of ['no bytes', 'no PDF', 'a cut in the middle', 'a password', 'no pages']) {
      const id = ids.get(name) ?? '';
      await until(() => ended(id), 60_000, `the one with ${name} to end`);
      expect(await form.job(id)).toMatchObject(failed);
    }
  });
});
