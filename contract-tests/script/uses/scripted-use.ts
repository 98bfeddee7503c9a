/** What the scripted recording does: every route, its documented errors, and the pages of what is no route. */
import { type Client, createClient, jsonOf } from '../client.ts';
import { document } from '../document.ts';

const walrus = document(
  ['The walrus of Banyan Bay', 'The walrus sleeps on the ice in winter.', 'It eats clams and snails.'],
  ['In summer the walrus swims north.', 'A grown walrus weighs up to 1,700 kilograms.'],
);
const lighthouse = document([
  'The lighthouse was built in 1873.',
  'Its lamp (a Fresnel lens) is seen 20 miles away.',
]);

const nobody = '/api/chats/00000000-0000-4000-8000-000000000000';

export async function scriptedUse(origin: string): Promise<void> {
  const client = createClient(origin);
  await health(client);
  const [first, second] = await chats(client);
  await messages(client, first);
  await documents(client, first);
  await badUploads(client, second);
  await deletions(client, first, second);
  await unknownThings(client);
  await otherMethods(client);
}

async function health({ ask }: Client): Promise<void> {
  await ask('GET', '/api/health');
  await ask('HEAD', '/api/health');
  await ask('OPTIONS', '/api/health');
  await ask('GET', '/api/health?x=1', { headers: ['Origin', 'http://localhost:3000'] });
  await ask('GET', '/api/health', { headers: ['If-None-Match', '*', 'Range', 'bytes=0-3'] });
  await ask('POST', '/api/health', { headers: ['Content-Type', 'application/json'], body: '{}' });
  await preflight(ask, '/api/health', 'GET', 'content-type, X-Requested-With');
}

async function chats({ ask, json }: Client): Promise<[string, string]> {
  await ask('GET', '/api/chats');
  const first = chatOf(await ask('POST', '/api/chats'));
  const second = chatOf(await json('POST', '/api/chats', { title: 'is never read' }));
  await ask('GET', '/api/chats');
  await ask('GET', '/api/chats', { headers: ['Origin', 'http://localhost:3000'] });
  await ask('HEAD', '/api/chats');
  await preflight(ask, `${second}/rename`, 'PUT', 'content-type');
  await json('PUT', `${second}/rename`, { title: '  Zoë’s lighthouse 🗼 \u00a0' });
  await json('PUT', `${second}/rename`, { title: ' \u3000 ' });
  await json('PUT', `${second}/rename`, {});
  await json('PUT', `${second}/rename`, { title: 7 });
  await json('PUT', `${second}/rename`, null);
  const bad = { headers: ['Content-Type', 'application/json'], body: '{"title": "x",}' };
  await ask('PUT', `${second}/rename`, bad);
  await ask('PUT', `${second}/rename`, { ...bad, headers: ['Content-Type', 'text/plain'] });
  await ask('GET', '/api/chats');
  // Two at once, as pages do.
  await Promise.all([ask('GET', first), ask('GET', second), ask('GET', '/api/health')]);
  return [first, second];
}

async function messages({ ask, json }: Client, chat: string): Promise<void> {
  await json('POST', `${chat}/messages`, { message: ' Hello, who are you? ' });
  await json('POST', `${chat}/messages`, { message: 'Grüße, 世界 🌍!' });
  await json('POST', `${chat}/messages`, { message: '' });
  await json('POST', `${chat}/messages`, ['message']);
  await ask('POST', `${chat}/messages`, { headers: ['Content-Type', 'application/json'], body: 'not JSON' });
  await ask('POST', `${chat}/messages`);
  await ask('GET', chat);
  await ask('GET', '/api/chats');
}

async function documents({ ask, json, upload, poll }: Client, chat: string): Promise<void> {
  await ask('GET', `${chat}/docs`);
  await ask('GET', `${chat}/pdfs`);
  const listed = (count: number) => (answer: { pdfs: unknown[] }) => answer.pdfs.length === count;
  const accepted = jsonOf(await upload(`${chat}/upload-pdf`, 'walrus.pdf', walrus)) as { job_id: string };
  await poll(`${chat}/docs`, listed(1));
  await poll(`${chat}/pdfs`, listed(1));
  await ask('GET', `/api/upload-status/${accepted.job_id}`);
  await upload(`${chat}/upload-pdf`, 'walrus.pdf', walrus);
  await upload(`${chat}/upload-pdf`, 'Lighthouse (2nd edition).PDF', lighthouse);
  await poll(`${chat}/docs`, listed(2));
  await poll(`${chat}/pdfs`, listed(2));
  await json('POST', `${chat}/messages`, { message: 'What does the walrus eat?' });
  await json('POST', `${chat}/messages`, { message: 'When was the lighthouse built?' });
  await ask('GET', chat);
  await ask('GET', '/api/pdfs');
  await ask('GET', '/api/chats');
}

async function badUploads({ ask, upload }: Client, chat: string): Promise<void> {
  await ask('POST', `${chat}/upload-pdf`);
  await upload(`${chat}/upload-pdf`, 'notes.txt', 'no PDF', 'text/plain');
  await upload(`${chat}/upload-pdf`, '', '');
  await upload(`${nobody}/upload-pdf`, 'walrus.pdf', walrus);
  await ask('GET', `${chat}/docs`);
}

async function deletions({ ask, json }: Client, first: string, second: string): Promise<void> {
  await ask('DELETE', `${first}/pdfs/missing.pdf`);
  await ask('DELETE', `${first}/pdfs/walrus.pdf`);
  await ask('GET', `${first}/docs`);
  await ask('GET', `${first}/pdfs`);
  await json('POST', `${first}/messages`, { message: 'How much does a walrus weigh?' });
  await ask('DELETE', `${first}/pdfs/Lighthouse%20(2nd%20edition).PDF`);
  await ask('GET', `${first}/docs`);
  await ask('GET', '/api/pdfs');
  await ask('DELETE', second);
  await ask('GET', second);
  await ask('POST', '/api/chats');
  await ask('GET', '/api/chats');
}

async function unknownThings({ ask, json }: Client): Promise<void> {
  for (const target of [nobody, `${nobody}/docs`, `${nobody}/pdfs`]) await ask('GET', target);
  await ask('DELETE', nobody);
  await ask('DELETE', `${nobody}/pdfs/x.pdf`);
  await json('PUT', `${nobody}/rename`, { title: 'x' });
  await ask('GET', '/api/upload-status/nope');
  for (const target of [
    '/',
    '/api',
    '/api/chats/',
    '/api/Chats',
    '/api//chats',
    '/nowhere?q=%3Cb%3E',
    `${nobody}%2Fdocs`,
  ])
    await ask('GET', target);
  await preflight(ask, '/nowhere', 'GET', 'x-a');
}

async function otherMethods({ ask }: Client): Promise<void> {
  await ask('PATCH', '/api/chats');
  await ask('DELETE', '/api/chats');
  await ask('POST', nobody);
  await ask('GET', `${nobody}/rename`);
  await ask('OPTIONS', '/api/chats');
  await ask('OPTIONS', `${nobody}/pdfs/x.pdf`);
  await ask('HEAD', '/nowhere');
  await ask('HEAD', '/api/pdfs');
}

function preflight(ask: Client['ask'], target: string, method: string, headers: string) {
  const origin = ['Origin', 'http://localhost:3000', 'Access-Control-Request-Method', method];
  return ask('OPTIONS', target, { headers: [...origin, 'Access-Control-Request-Headers', headers] });
}

const chatOf = (answer: Parameters<typeof jsonOf>[0]) =>
  `/api/chats/${(jsonOf(answer) as { id: string }).id}`;
