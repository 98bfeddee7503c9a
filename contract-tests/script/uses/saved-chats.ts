/** What a person finds again after the legacy app was restarted, and goes on with: lists, history, titles in order. */
import { createClient, jsonOf } from '../client.ts';

export async function savedChats(origin: string): Promise<void> {
  const { ask, json, newChat } = createClient(origin);
  const saved = jsonOf(await ask('GET', '/api/chats')) as { id: string; title: string }[];
  const [first, second, third] = saved.map(({ id }) => `/api/chats/${id}`);
  for (const { id } of saved) await ask('GET', `/api/chats/${id}`);
  await ask('GET', `${first}/docs`);
  await ask('GET', '/api/pdfs');
  // The model is sent the turns from before the restart.
  await json('POST', `${second}/messages`, { message: 'And what did I ask you before?' });
  await ask('GET', `${second}`);
  await json('PUT', `${third}/rename`, { title: 'Renamed after the restart' });
  await ask('GET', '/api/chats');
  // Its title counts the chats that were there.
  const fourth = await newChat();
  await json('POST', `${fourth}/messages`, { message: 'A new beginning' });
  await ask('DELETE', `${first}`);
  await ask('GET', `${first}`);
  await ask('GET', '/api/chats');
}
