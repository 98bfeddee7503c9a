import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type App, startApp } from './support/app.ts';
import { addPdf, chat, chats, docs, newChat, pdfs, removePdf } from './support/client.ts';
import { pdf } from './support/pdf.ts';
import type { AllPdfs } from './support/shapes.ts';

let app: App;
beforeAll(async () => {
  // Jobs reach their end here, so that nothing is left in `processing`.
  app = await startApp({ schedule: 'record-first' });
});
afterAll(() => app.stop());

const onePage = pdf('Bread is baked from flour and water.');
const twoPages = pdf('Bread is baked from flour and water.', 'Beer is brewed from barley and water.');
const allPdfs = async () => (await app.send('GET', '/api/pdfs')).json<AllPdfs>();

/** Waits until no job of the chat is on its way. */
async function settled(id: string) {
  await expect.poll(async () => (await docs(app, id)).processing).toEqual([]);
  return docs(app, id);
}

describe('GET /api/chats/ID/docs', () => {
  it('lists the documents of the chat in the order in which they were finished', async () => {
    const { id } = await newChat(app);
    await addPdf(app, id, 'b.pdf', twoPages);
    await addPdf(app, id, 'a.pdf', onePage);
    expect(await settled(id)).toEqual({
      chat_id: id,
      pdfs: [
        { name: 'b.pdf', chunks: 2, status: 'active' },
        { name: 'a.pdf', chunks: 1, status: 'active' },
      ],
      xlsx: [],
      processing: [],
      total_docs: 2,
    });
  });

  it('is empty for an unknown id', async () => {
    const answer = await app.send('GET', '/api/chats/nobody/docs');
    expect(answer.status).toBe(200);
    expect(answer.json()).toEqual({ chat_id: 'nobody', pdfs: [], xlsx: [], processing: [], total_docs: 0 });
  });
});

describe('GET /api/chats/ID/pdfs', () => {
  it('lists the PDFs of the chat', async () => {
    const { id } = await newChat(app);
    expect(await pdfs(app, id)).toEqual({ chat_id: id, pdfs: [], total_pdfs: 0 });
    await addPdf(app, id, 'b.pdf', twoPages);
    await addPdf(app, id, 'dir/ä.pdf', onePage);
    expect(await pdfs(app, id)).toEqual({
      chat_id: id,
      pdfs: [
        { name: 'b.pdf', chunks: 2, status: 'active' },
        { name: 'dir/ä.pdf', chunks: 1, status: 'active' },
      ],
      total_pdfs: 2,
    });
  });

  it('is 404 for an unknown chat', async () => {
    const answer = await app.send('GET', '/api/chats/nobody/pdfs');
    expect(answer.status).toBe(404);
    expect(answer.text).toBe('{\n  "error": "Chat not found"\n}\n');
  });
});

describe('GET /api/pdfs', () => {
  it('lists the PDFs of all chats, the chat that was created last first, whatever was updated since', async () => {
    for (const { id } of await chats(app)) await app.send('DELETE', `/api/chats/${id}`);
    expect(await allPdfs()).toEqual({ pdfs: [], total_pdfs: 0 });

    const older = await newChat(app);
    const newer = await newChat(app);
    await newChat(app);
    await addPdf(app, newer.id, 'z.pdf', onePage);
    await addPdf(app, older.id, 'b.pdf', twoPages);
    await addPdf(app, older.id, 'a.pdf', onePage);
    await app.sendJson('PUT', `/api/chats/${older.id}/rename`, { title: 'The old one' });

    const time = async (id: string, at: number) => (await chat(app, id)).pdf_list[at]?.upload_time;
    const row = { status: 'active' };
    expect(await allPdfs()).toEqual({
      pdfs: [
        {
          ...row,
          chat_id: newer.id,
          chat_title: newer.title,
          name: 'z.pdf',
          chunks: 1,
          uploaded_at: await time(newer.id, 0),
        },
        {
          ...row,
          chat_id: older.id,
          chat_title: 'The old one',
          name: 'b.pdf',
          chunks: 2,
          uploaded_at: await time(older.id, 0),
        },
        {
          ...row,
          chat_id: older.id,
          chat_title: 'The old one',
          name: 'a.pdf',
          chunks: 1,
          uploaded_at: await time(older.id, 1),
        },
      ],
      total_pdfs: 3,
    });
  });

  it('leaves out the PDFs of deleted chats', async () => {
    const { id } = await newChat(app);
    await addPdf(app, id, 'gone.pdf', onePage);
    await app.send('DELETE', `/api/chats/${id}`);
    expect((await allPdfs()).pdfs.map(({ name }) => name)).not.toContain('gone.pdf');
  });
});

describe('DELETE /api/chats/ID/pdfs/NAME', () => {
  it('removes the PDF from its chat, counts again and moves updated_at', async () => {
    const { id } = await newChat(app);
    await addPdf(app, id, 'a.pdf', onePage);
    await addPdf(app, id, 'b.pdf', twoPages);
    const before = await chat(app, id);
    const answer = await removePdf(app, id, 'a.pdf');
    expect(answer.status).toBe(200);
    expect(answer.json()).toEqual({ message: 'PDF removed successfully', chat_id: id, pdf_name: 'a.pdf' });
    const after = await chat(app, id);
    expect(after.updated_at > before.updated_at).toBe(true);
    expect(after).toEqual({
      ...before,
      updated_at: after.updated_at,
      pdf_count: 1,
      pdf_list: before.pdf_list.slice(1),
    });
    await removePdf(app, id, 'b.pdf');
    expect(await chat(app, id)).toMatchObject({ has_pdf: false, pdf_count: 0, pdf_list: [] });
  });

  it.each([
    '50% & more+.pdf',
    '日本語.pdf',
    '<b>"x"</b>.pdf'.replace('/', ''),
    '..\\a.pdf',
    ' a;b=c?.pdf',
    'e\u0301.pdf',
  ])('finds %s by its encoded name', async (name) => {
    const { id } = await newChat(app);
    await addPdf(app, id, name.replaceAll('"', "'"), onePage);
    const answer = await removePdf(app, id, name.replaceAll('"', "'"));
    expect(answer.json()).toMatchObject({ pdf_name: name.replaceAll('"', "'") });
    expect((await pdfs(app, id)).pdfs).toEqual([]);
  });

  it('does not find a name of other case or other composition', async () => {
    const { id } = await newChat(app);
    await addPdf(app, id, 'e\u0301.pdf', onePage);
    for (const name of ['\u00e9.pdf', 'E\u0301.pdf']) {
      const answer = await removePdf(app, id, name);
      expect([answer.status, answer.json()]).toEqual([404, { error: `PDF '${name}' not found` }]);
    }
    expect((await pdfs(app, id)).total_pdfs).toBe(1);
  });

  it('cannot name a file that has a slash in its name: the 404 page', async () => {
    const { id } = await newChat(app);
    await addPdf(app, id, 'dir/a.pdf', onePage);
    for (const path of ['dir/a.pdf', 'dir%2Fa.pdf']) {
      const answer = await app.send('DELETE', `/api/chats/${id}/pdfs/${path}`);
      expect(answer.status).toBe(404);
      expect(answer.text).toContain('<title>404 Not Found</title>');
    }
    expect((await pdfs(app, id)).total_pdfs).toBe(1);
  });

  it('is 404 for a name that the chat does not have, and for an unknown chat', async () => {
    const { id } = await newChat(app);
    const noPdf = await removePdf(app, id, 'a.pdf');
    expect(noPdf.status).toBe(404);
    expect(noPdf.text).toBe('{\n  "error": "PDF \'a.pdf\' not found"\n}\n');
    const noChat = await removePdf(app, 'nobody', 'a.pdf');
    expect(noChat.status).toBe(404);
    expect(noChat.text).toBe('{\n  "error": "Chat not found"\n}\n');
  });
});
