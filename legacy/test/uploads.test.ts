import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type App, startApp } from './support/app.ts';
import {
  addPdf,
  chat,
  docs,
  failedIngestions,
  job,
  newChat,
  pdfs,
  removePdf,
  upload,
} from './support/client.ts';
import { multipart, type Part, pdfField } from './support/multipart.ts';
import { pdf, pdfOfSize } from './support/pdf.ts';
import { timestamp, type UploadAccepted, uuid4 } from './support/shapes.ts';

let app: App;
let chatId: string;
beforeAll(async () => {
  app = await startApp();
  chatId = (await newChat(app)).id;
});
afterAll(() => app.stop());

const small = pdf('The quick brown fox jumps over the lazy dog.');
const path = (id: string) => `/api/chats/${id}/upload-pdf`;
const sendParts = (id: string, ...parts: Part[]) => app.send('POST', path(id), multipart(...parts));
const part = (disposition: string): Part => ({ disposition: `form-data; ${disposition}`, content: small });

/** The name under which an upload with this disposition is accepted. */
async function acceptedName(disposition: string): Promise<string> {
  const { id } = await newChat(app);
  const answer = await sendParts(id, part(disposition));
  expect(answer.text).toContain('Upload accepted');
  return (await job(app, answer.json<UploadAccepted>().job_id)).filename;
}

describe('an upload', () => {
  it('is accepted with 202 and the id of its job', async () => {
    const answer = await upload(app, chatId, 'fox.pdf', small);
    expect(answer.status).toBe(202);
    expect(answer.json()).toEqual({
      message: 'Upload accepted',
      job_id: expect.stringMatching(uuid4),
      processing: true,
    });
  });

  it('shows in its chat once it is ingested, and moves updated_at', async () => {
    const before = await newChat(app);
    await addPdf(app, before.id, 'fox.pdf', small);
    const after = await chat(app, before.id);
    expect(after.updated_at > before.updated_at).toBe(true);
    expect(after).toEqual({
      ...before,
      updated_at: after.updated_at,
      has_pdf: true,
      pdf_count: 1,
      pdf_list: [
        {
          name: 'fox.pdf',
          upload_time: expect.stringMatching(timestamp),
          chunks_added: 1,
          status: 'active',
        },
      ],
    });
    const time = after.pdf_list[0]?.upload_time ?? '';
    expect(time > before.updated_at && time <= after.updated_at).toBe(true);
  });
});

describe('what is refused, in this order', () => {
  const none: Part = { disposition: 'form-data; name="other"; filename="a.pdf"', content: small };
  let full: string;
  beforeAll(async () => {
    full = (await newChat(app)).id;
    for (const name of ['1.pdf', '2.pdf', '3.pdf', '4.pdf']) await addPdf(app, full, name, small);
  });

  const refused = async (id: string, parts: Part[], status: number, error: string) => {
    const answer = await sendParts(id, ...parts);
    expect([answer.status, answer.json()]).toEqual([status, { error }]);
  };
  const tooLarge = Buffer.alloc(50 * 1024 * 1024 + 1);

  it('no file in the field pdf, before the chat is looked for', async () => {
    for (const id of [chatId, 'nobody']) await refused(id, [none], 400, 'No PDF file provided');
  });

  it('another suffix, before the chat is looked for', async () => {
    const parts = [part('name="pdf"; filename="a.pdf.txt"')];
    for (const id of [chatId, 'nobody']) await refused(id, parts, 400, 'File must be a PDF');
  });

  it('an unknown chat, before the size', async () => {
    const parts = [{ disposition: 'form-data; name="pdf"; filename="a.pdf"', content: tooLarge }];
    await refused('nobody', parts, 404, 'Chat not found');
  });

  it('a name that the chat has, before the size', async () => {
    const parts = [{ disposition: 'form-data; name="pdf"; filename="1.pdf"', content: tooLarge }];
    await refused(full, parts, 400, "PDF '1.pdf' already uploaded");
  });

  it('a sixth PDF, before its name', async () => {
    await addPdf(app, full, '5.pdf', small);
    for (const name of ['1.pdf', '6.pdf'])
      await refused(full, [part(`name="pdf"; filename="${name}"`)], 400, 'Maximum 5 PDFs per chat');
    expect((await pdfs(app, full)).total_pdfs).toBe(5);
  });

  it('nothing any more once a PDF was deleted', async () => {
    await removePdf(app, full, '1.pdf');
    await addPdf(app, full, '1.pdf', small);
    expect((await pdfs(app, full)).pdfs.map(({ name }) => name)).toEqual([
      '2.pdf',
      '3.pdf',
      '4.pdf',
      '5.pdf',
      '1.pdf',
    ]);
  });
});

describe('the size', () => {
  const withSize = (bytes: number) => {
    const content = pdfOfSize(bytes, 'A very large file with one small page.');
    expect(content.length).toBe(bytes);
    return content;
  };
  const limit = 50 * 1024 * 1024;

  it('of exactly 50 MiB is accepted and ingested', async () => {
    const { id } = await newChat(app);
    await addPdf(app, id, 'large.pdf', withSize(limit));
  });

  it('of one byte more is refused', async () => {
    const { id } = await newChat(app);
    const answer = await upload(app, id, 'large.pdf', withSize(limit + 1));
    expect([answer.status, answer.json()]).toEqual([400, { error: 'File too large. Max: 50MB' }]);
    expect(await docs(app, id)).toMatchObject({ pdfs: [], processing: [], total_docs: 0 });
  });
});

describe('a request without a PDF', () => {
  const noFile = { error: 'No PDF file provided' };

  it.each<[string, Parameters<App['send']>[2]]>([
    ['no body', {}],
    ['a JSON body', { headers: [['Content-Type', 'application/json']], body: '{"pdf": "a.pdf"}' }],
    ['a form', { headers: [['Content-Type', 'application/x-www-form-urlencoded']], body: 'pdf=a.pdf' }],
    ['multipart without a boundary', { headers: [['Content-Type', 'multipart/form-data']], body: 'x' }],
    [
      'multipart with another boundary',
      { ...pdfField('a.pdf', small), headers: [['Content-Type', 'multipart/form-data; boundary=other']] },
    ],
    [
      'a body that is cut off',
      {
        headers: pdfField('a.pdf', small).headers ?? [],
        body: String(pdfField('a.pdf', small).body).slice(0, 60),
      },
    ],
    ['the bytes of a PDF', { headers: [['Content-Type', 'application/pdf']], body: small }],
  ])('%s is a 400', async (_, asked) => {
    const answer = await app.send('POST', path(chatId), asked);
    expect([answer.status, answer.json()]).toEqual([400, noFile]);
  });

  it('a field pdf that is not a file is a 400', async () => {
    const answer = await sendParts(chatId, part('name="pdf"'));
    expect([answer.status, answer.json()]).toEqual([400, noFile]);
  });

  it('a field of another case is a 400', async () => {
    const answer = await sendParts(chatId, part('name="PDF"; filename="a.pdf"'));
    expect([answer.status, answer.json()]).toEqual([400, noFile]);
  });

  it('a file without a name, as a browser sends an empty field, is not a PDF', async () => {
    const answer = await sendParts(chatId, part('name="pdf"; filename=""'));
    expect([answer.status, answer.json()]).toEqual([400, { error: 'File must be a PDF' }]);
  });

  it('a text field beyond 500,000 bytes is a 500 with the text of the 413', async () => {
    const answer = await sendParts(chatId, {
      disposition: 'form-data; name="a"',
      content: 'x'.repeat(500_001),
    });
    expect(answer.status).toBe(500);
    expect(answer.json()).toEqual({
      error: '413 Request Entity Too Large: The data value transmitted exceeds the capacity limit.',
    });
  });

  it('more than 1,000 parts are a 500 with the text of the 413', async () => {
    const many = Array.from({ length: 1001 }, (_, i) => ({
      disposition: `form-data; name="${i}"`,
      content: '',
    }));
    const answer = await sendParts(chatId, ...many);
    expect(answer.status).toBe(500);
    expect(answer.json<{ error: string }>().error).toContain('413 Request Entity Too Large');
  });
});

describe('the part that counts', () => {
  it('is the first pdf part', async () => {
    const { id } = await newChat(app);
    const answer = await sendParts(
      id,
      { disposition: 'form-data; name="comment"', content: 'hello' },
      part('name="pdf"; filename="first.pdf"'),
      part('name="pdf"; filename="second.pdf"'),
    );
    expect((await job(app, answer.json<UploadAccepted>().job_id)).filename).toBe('first.pdf');
  });

  it('is refused by its own name, though a later one would do', async () => {
    const answer = await sendParts(
      chatId,
      part('name="pdf"; filename="first.txt"'),
      part('name="pdf"; filename="second.pdf"'),
    );
    expect(answer.json()).toEqual({ error: 'File must be a PDF' });
  });

  it('may say any content type', async () => {
    const { id } = await newChat(app);
    const answer = await sendParts(id, { ...part('name="pdf"; filename="a.pdf"'), type: 'text/html' });
    expect(answer.status).toBe(202);
  });
});

describe('the name of a file', () => {
  it.each([
    'a.pdf',
    'A.PDF',
    'a.pDf',
    '.pdf',
    '../../etc/passwd.pdf',
    '/absolute/path.pdf',
    'dir\\a.pdf',
    '<script>alert(1)</script>.pdf',
    "it's 100% — déjà vu.pdf",
    'Отчёт за год.pdf',
    '日本語の資料.pdf',
    'تقرير.pdf',
    '😀.pdf',
    ' spaces at both ends.pdf',
    'a;b=c, d.pdf',
    'a+b&c#d?e.pdf',
    '%41.pdf',
    `${'x'.repeat(396)}.pdf`,
  ])('%s is kept as sent', async (name) => {
    expect(await acceptedName(`name="pdf"; filename="${name}"`)).toBe(name);
  });

  it.each([
    ['a.pdf ', 'a space after the suffix'],
    ['a.pdf.', 'a dot after the suffix'],
    ['apdf', 'no dot'],
    ['a.pdf/', 'a slash after the suffix'],
    ['a.ｐｄｆ', 'wide letters'],
    ['a.pdf\u200b', 'an invisible character after the suffix'],
  ])('"%s" is not a PDF: %s', async (name) => {
    const answer = await sendParts(chatId, part(`name="pdf"; filename="${name}"`));
    expect([answer.status, answer.json()]).toEqual([400, { error: 'File must be a PDF' }]);
  });

  it.each([
    ['filename="plain.pdf"; filename*=UTF-8\'\'%E2%82%AC.pdf', '€.pdf'],
    // The order in which browsers and libraries never send them: the last one is taken.
    ['filename*=UTF-8\'\'%E2%82%AC.pdf; filename="plain.pdf"', 'plain.pdf'],
    ["filename*=UTF-8'en'a%20b.pdf", 'a b.pdf'],
    ["filename*=iso-8859-1''%E9.pdf", 'é.pdf'],
    ['filename=token.pdf', 'token.pdf'],
    ['filename="a%22b%22.pdf"', 'a"b".pdf'],
    ['filename="a\\"b\\\\c.pdf"', 'a"b\\c.pdf'],
    ['filename*0="one "; filename*1="two.pdf"', 'one two.pdf'],
    ['FILENAME="capitals.pdf"', 'capitals.pdf'],
  ])('sent as %s is read as %s', async (sent, name) => {
    expect(await acceptedName(`name="pdf"; ${sent}`)).toBe(name);
  });

  it('in bytes that are not UTF-8 is a request without a PDF', async () => {
    const asked = pdfField('X.pdf', small);
    const body = Buffer.from(asked.body ?? '');
    body[body.indexOf('X.pdf')] = 0xe9;
    const answer = await app.send('POST', path(chatId), { ...asked, body });
    expect([answer.status, answer.json()]).toEqual([400, { error: 'No PDF file provided' }]);
  });

  it('is compared exactly: other case and other composition are other names', async () => {
    const { id } = await newChat(app);
    for (const name of ['\u00e9.pdf', 'e\u0301.pdf', '\u00c9.pdf', '\u00e9.PDF'])
      await addPdf(app, id, name, small);
    expect((await pdfs(app, id)).pdfs.map(({ name }) => name)).toEqual([
      '\u00e9.pdf',
      'e\u0301.pdf',
      '\u00c9.pdf',
      '\u00e9.PDF',
    ]);
    expect((await upload(app, id, 'e\u0301.pdf', small)).json()).toEqual({
      error: "PDF 'e\u0301.pdf' already uploaded",
    });
  });

  it('is compared within its chat only', async () => {
    for (const { id } of [await newChat(app), await newChat(app)]) await addPdf(app, id, 'same.pdf', small);
  });
});

describe('what is not looked at before the answer', () => {
  it.each([
    ['text', Buffer.from('This is not a PDF.')],
    ['nothing', Buffer.alloc(0)],
    ['a cut-off PDF', small.subarray(0, 30)],
  ])('%s in place of a PDF is accepted, and the ingestion fails', async (_, content) => {
    const { id } = await newChat(app);
    const failed = app.lines.filter((line) => line.startsWith('Exception: Failed')).length;
    expect((await upload(app, id, 'a.pdf', content)).status).toBe(202);
    await failedIngestions(app, failed + 1);
    expect((await pdfs(app, id)).pdfs).toEqual([]);
    expect(await chat(app, id)).toMatchObject({ has_pdf: false, pdf_count: 0, pdf_list: [] });
  });
});

describe('GET /api/upload-status/JOB', () => {
  it('shows the job', async () => {
    const { id } = await newChat(app);
    const { job_id } = (await upload(app, id, 'fox.pdf', small)).json<UploadAccepted>();
    const answer = await app.send('GET', `/api/upload-status/${job_id}`);
    expect(answer.status).toBe(200);
    expect(answer.json()).toMatchObject({
      job_id,
      status: expect.stringMatching(/^(queued|processing|done)$/),
      started_at: expect.stringMatching(timestamp),
      chat_id: id,
      filename: 'fox.pdf',
    });
  });

  it('is 404 for an unknown job', async () => {
    const answer = await app.send('GET', '/api/upload-status/nothing');
    expect(answer.status).toBe(404);
    expect(answer.text).toBe('{\n  "error": "Job not found"\n}\n');
  });
});
