import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { until } from '../../setup/testing/processes.ts';
import { committedCorpus } from '../ingestion/parity/run.ts';
import * as pdfs from '../ingestion/testing/bad-pdfs.ts';
import { onBothForms } from './testing/forms.ts';
import type { Uploads } from './uploads.ts';

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

onBothForms((form) => {
  const ended = async (id: string) => ['done', 'error'].includes((await form.job(id)).status);

  /** How long each of three good ones takes, in milliseconds. */
  async function timesOfGood(uploads: Uploads): Promise<number[]> {
    const times: number[] = [];
    for (let n = 0; n < 3; n++) {
      const begun = performance.now();
      const id = await form.upload(uploads, pdfs.good, { filename: `good-${n}.pdf` });
      await until(() => ended(id), 60_000, 'a good one to end');
      times.push(performance.now() - begun);
      expect(await form.job(id)).toMatchObject({ status: 'done', chunksAdded: 1 });
    }
    return times;
  }

  // Others may be busy on the machine now and then.
  it('holds up good PDFs by less than a second, with bad ones of every kind beside them', {
    retry: 1,
    timeout: 150_000,
  }, async () => {
    const limits = { memory: 400 * 1024 ** 2, time: 100_000 };
    const uploads = await form.start({
      ...{ ingestion: { engine: 'mupdf', limits }, concurrency: 2 },
      patience: { dispatched: 60, silent: 60 },
    });
    const alone = await timesOfGood(uploads);
    const ids = new Map<string, string>();
    for (const [name, make] of Object.entries(bad))
      ids.set(name, await form.upload(uploads, await make(), { filename: `${name}.pdf` }));
    const begun = async (id: string) => (await form.job(id)).status !== 'queued';
    for (const id of ids.values()) await until(() => begun(id), 30_000, 'a bad one to begin');
    const beside = await timesOfGood(uploads);
    const failed = { status: 'error', error: 'Failed to extract any text from PDF' };
    // They were there all the time, at the processors and in the memory.
    for (const name of ['forms without end', 'a font without end', 'content without end'])
      expect(await form.job(ids.get(name) ?? '')).toMatchObject({ status: 'processing' });
    for (const name of ['no bytes', 'no PDF', 'a cut in the middle', 'a password', 'no pages'])
      expect(await form.job(ids.get(name) ?? '')).toMatchObject(failed);
    // A second; on a machine so busy that a good one alone takes longer than that, as long again.
    const usual = Math.max(...alone);
    expect(Math.max(...beside) - usual).toBeLessThan(Math.max(1000, usual));
  });
});
