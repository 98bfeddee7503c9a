/** What is left of a chat that was deleted, titles that repeat, and ids that nobody made. */
import { createClient, jsonOf, listed } from '../client.ts';
import { document } from '../document.ts';

export async function deletedChats(origin: string): Promise<void> {
  const { ask, json, upload, poll, newChat } = createClient(origin);
  const [first, second] = [await newChat(), await newChat()];
  const left = document(['What is left behind is still read.']);
  const { job_id } = jsonOf(await upload(`${first}/upload-pdf`, 'left behind.pdf', left)) as {
    job_id: string;
  };
  await poll(`${first}/docs`, listed(1));
  await poll(`${first}/pdfs`, listed(1));
  await json('POST', `${first}/messages`, { message: 'What is left behind?' });
  await ask('DELETE', first);
  for (const target of [first, `${first}/docs`, `${first}/pdfs`, '/api/chats', '/api/pdfs'])
    await ask('GET', target);
  await ask('GET', `/api/upload-status/${job_id}`);
  await json('POST', `${first}/messages`, { message: 'Is anything left behind?' });
  await json('POST', `${first}/messages`, { message: 'And now?' });
  await ask('GET', first);
  await json('PUT', `${first}/rename`, { title: 'Nobody’s' });
  await upload(`${first}/upload-pdf`, 'x.pdf', document(['x']));
  await ask('DELETE', `${first}/pdfs/left%20behind.pdf`);
  await ask('DELETE', first);
  await ask('GET', first);
  // One chat was deleted: the next one has a title that is there already.
  await newChat();
  await ask('GET', '/api/chats');
  await json('PUT', `${second}/rename`, { title: 'Second' });
  await ask('GET', '/api/chats');
  await strangers({ ask, json });
}

async function strangers({
  ask,
  json,
}: Pick<ReturnType<typeof createClient>, 'ask' | 'json'>): Promise<void> {
  await json('POST', '/api/chats/no-uuid/messages', { message: 'Hello from nowhere' });
  await ask('GET', '/api/chats/no-uuid');
  await ask('GET', '/api/chats/no-uuid/docs');
  await ask('DELETE', '/api/chats/no-uuid');
  await ask('GET', '/api/chats/no-uuid');
  // Ids that cannot be the name of a file.
  const long = `/api/chats/${'x'.repeat(244)}`;
  for (const message of ['Is this kept?', 'Was it kept?']) {
    await json('POST', `${long}/messages`, { message });
    await ask('GET', long);
  }
  await ask('DELETE', `/api/chats/${'x'.repeat(300)}`);
  await ask('DELETE', '/api/chats/a%00b');
  await ask('GET', '/api/upload-status/00000000-0000-4000-8000-000000000000');
}
