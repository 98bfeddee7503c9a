import { expect, it } from 'vitest';
import { until } from '../../setup/testing/processes.ts';
import { listPdfs } from '../documents/store.ts';
import * as pdfs from '../ingestion/testing/bad-pdfs.ts';
import { onBothForms } from './testing/forms.ts';

onBothForms((form) => {
  const ended = async (id: string) => ['done', 'error'].includes((await form.job(id)).status);

  it('makes a document out of an upload', async () => {
    const uploads = await form.start();
    const id = await form.upload(uploads, pdfs.good);
    await until(() => ended(id));
    const job = await form.job(id);
    expect(job).toMatchObject({ status: 'done', chunksAdded: 1, error: null, pagesDone: 1, pagesTotal: 1 });
    expect(await listPdfs(form.db, job.chatId)).toMatchObject([{ name: 'a.pdf', chunks: 1 }]);
  });
});
