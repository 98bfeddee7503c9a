/** What a page does while it waits: asks the same again and again, a job, the documents, the list of chats. */
import { createClient, jsonOf, listed } from '../client.ts';
import { document } from '../document.ts';

export async function polling(origin: string): Promise<void> {
  const { ask, upload, poll, newChat } = createClient(origin);
  const [chat, other] = [await newChat(), await newChat()];
  const pages = Array.from({ length: 30 }, (_, i) => [
    `Chapter ${i + 1}`,
    ...Array.from(
      { length: 20 },
      (_x, line) => `In chapter ${i + 1}, sentence ${line + 1} is about waiting.`,
    ),
  ]);
  const accepted = jsonOf(await upload(`${chat}/upload-pdf`, 'waiting.pdf', document(...pages))) as {
    job_id: string;
  };
  for (let i = 0; i < 3; i += 1) {
    await ask('GET', `/api/upload-status/${accepted.job_id}`);
    await ask('GET', `${chat}/docs`);
    await ask('GET', `${other}/docs`);
    await ask('GET', '/api/chats');
  }
  await poll(`${chat}/docs`, listed(1));
  await poll(`${chat}/pdfs`, listed(1));
  await ask('GET', `/api/upload-status/${accepted.job_id}`);
  await ask('GET', '/api/chats');
  await ask('GET', '/api/pdfs');
}
