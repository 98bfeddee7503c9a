/** Several people at once: chats, questions, reads and uploads that overlap. */
import type { Answer } from '@banyan/compare/answer.ts';
import { type Client, createClient, jsonOf, listed } from '../client.ts';
import { document } from '../document.ts';

export async function concurrentUse(origin: string): Promise<void> {
  const client = createClient(origin);
  // One after the other, so that their titles are told apart; everything else at once.
  const chats = [await client.newChat(), await client.newChat(), await client.newChat()];
  await Promise.all(chats.map((chat, at) => conversation(client, chat, at)));
  await client.ask('GET', '/api/pdfs');
  await Promise.all(chats.flatMap((chat) => [client.ask('GET', chat), client.ask('GET', `${chat}/docs`)]));
  // Which conversation was over last is another matter each time; from here on the list has one order.
  for (const [at, chat] of chats.entries())
    await client.json('PUT', `${chat}/rename`, { title: `Person ${at}` });
  await uploadsAtOnce(client, await client.newChat());
}

async function conversation({ ask, json }: Client, chat: string, at: number): Promise<void> {
  await Promise.all([ask('GET', chat), ask('GET', `${chat}/docs`), ask('GET', '/api/health')]);
  for (const message of [`First question of ${at}`, `Second question of ${at}`]) {
    await Promise.all([json('POST', `${chat}/messages`, { message }), ask('GET', `${chat}/pdfs`)]);
    await ask('GET', chat);
  }
}

/** What counts is what is finished, so these are all taken: the limit and the test for duplicates come too late. */
async function uploadsAtOnce({ ask, json, upload, poll }: Client, chat: string): Promise<void> {
  const words = (page: number) =>
    Array.from(
      { length: 40 },
      (_, i) => `Page ${page}, sentence ${i}: the same book is uploaded six times at once.`,
    );
  const book = document(...Array.from({ length: 12 }, (_, page) => words(page)));
  const uploads = Array.from({ length: 6 }, () => upload(`${chat}/upload-pdf`, 'the same.pdf', book));
  const [first] = (await Promise.all(uploads)) as [Answer, ...Answer[]];
  await poll(`${chat}/docs`, listed(6));
  await poll(`${chat}/pdfs`, listed(6));
  // Of one alone: which of them began first is another matter each time.
  const { job_id } = jsonOf(first) as { job_id: string };
  await ask('GET', `/api/upload-status/${job_id}`);
  await ask('GET', '/api/chats');
  await ask('GET', '/api/pdfs');
  await upload(`${chat}/upload-pdf`, 'another.pdf', book);
  await json('POST', `${chat}/messages`, { message: 'What does sentence 39 of page 10 say?' });
  await ask('GET', chat);
  await ask('DELETE', `${chat}/pdfs/the%20same.pdf`);
  await ask('GET', `${chat}/docs`);
  await upload(`${chat}/upload-pdf`, 'another.pdf', document(['There is room again.']));
  await poll(`${chat}/docs`, listed(7));
  await poll(`${chat}/pdfs`, listed(1));
}
