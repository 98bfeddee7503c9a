/** Paths as clients write them: most are no route, some are a route after all. */
import { createClient } from '../client.ts';

export async function paths(origin: string): Promise<void> {
  const { ask, json, newChat } = createClient(origin);
  const chat = await newChat();
  const id = chat.split('/').at(-1) ?? '';
  for (const target of [
    '/api/chats/',
    '/api/chats//',
    '/API/chats',
    '/api/chats?sort=title',
    '/api/chats?',
    '/api/chats;v=1',
    '/api/health%20',
    '/api/health/../chats',
    '/api/./health',
    `//api/chats/${id}`,
    `/api/chats/${id}/`,
    `/api/chats/${id}//docs`,
    `/api/chats/${id}%2Fdocs`,
    '/api/chats/%ff%fe',
    '/api/chats/a+b%20c/docs',
    '/api/chats/%E4%B8%96%E7%95%8C/docs',
    '/api/chats/a%2523b/docs',
    `/api/chats/${id}/unknown`,
    '/api/upload-status/',
    '/favicon.ico',
    '/robots.txt',
    '/index.html?a=<script>',
    '/static/app.js',
    '/static/a/b//c%0A',
    '/static//app.js',
    '/static/',
  ])
    await ask('GET', target);
  for (const target of ['/static/app.js', '/static/../app.py', '/static//app.js', '/static', '/static/%0A'])
    for (const method of ['OPTIONS', 'POST', 'DELETE', 'HEAD']) await ask(method, target);
  await json('PUT', `//api/chats/${id}/rename`, { title: 'twice a slash' });
  await ask('DELETE', `/api/chats/${id}/pdfs/a%2Fb.pdf`);
  await ask('DELETE', `/api/chats/${id}/pdfs/a+b.pdf`);
  await ask('DELETE', `/api/chats/${id}/pdfs/%C3%A9%20%22.pdf`);
  await ask('DELETE', `/api/chats/${id}/pdfs/`);
  await ask('POST', '/');
}
