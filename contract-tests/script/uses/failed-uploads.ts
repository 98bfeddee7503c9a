/** Uploads that are refused, and those that are accepted and fail in the background. */
import { createClient, jsonOf, listed } from '../client.ts';
import { document } from '../document.ts';

const pdf = document(['A document that can be read.']);

export async function failedUploads(origin: string): Promise<void> {
  const { ask, upload, poll, newChat } = createClient(origin);
  const chat = await newChat();
  const to = `${chat}/upload-pdf`;
  const form = (body: string, type = 'multipart/form-data; boundary=b') =>
    ask('POST', to, { headers: ['Content-Type', type], body });
  const part = (disposition: string, content = 'x') =>
    `--b\r\nContent-Disposition: form-data; ${disposition}\r\n\r\n${content}\r\n`;
  await form('');
  await form('--b--\r\n');
  await form(`${part('name="file"; filename="a.pdf"')}--b--\r\n`);
  await form(`${part('name="pdf"')}--b--\r\n`);
  await form(part('name="pdf"; filename="a.txt"'));
  await form('pdf=a.pdf', 'application/x-www-form-urlencoded');
  await form(`${part('name="pdf"; filename="a.pdf"')}--b--\r\n`, 'multipart/form-data');
  await form(`${part('name="pdf"; filename="notes.TXT"')}${part('name="pdf"; filename="a.pdf"')}--b--\r\n`);
  await upload('/api/chats/nobody/upload-pdf', 'a.pdf', pdf);
  await upload('/api/chats/nobody/upload-pdf', 'a.txt', pdf);
  await ask('GET', `${chat}/docs`);
  // A byte more than what is taken.
  await upload(to, 'large.pdf', Buffer.alloc(50 * 1024 * 1024 + 1));
  const accepted: string[] = [];
  for (const [name, content] of [
    ['empty.pdf', ''],
    ['no pdf.pdf', 'This is a text.'],
    ['cut off.pdf', pdf.subarray(0, 200)],
    ['no text.pdf', document([])],
  ] as const)
    accepted.push((jsonOf(await upload(to, name, content)) as { job_id: string }).job_id);
  await upload(to, '../../etc/Good <1>.PDF', pdf);
  await poll(`${chat}/docs`, listed(1));
  await poll(`${chat}/pdfs`, listed(1));
  for (const job of accepted) await ask('GET', `/api/upload-status/${job}`);
  await ask('DELETE', `${chat}/pdfs/Good%20%3C1%3E.PDF`);
  await ask('GET', '/api/chats');
}
