/** What a browser asks before it asks, and every method where it does not belong. */
import { createClient } from '../client.ts';

const paths: [path: string, methods: string[]][] = [
  ['/api/health', ['GET']],
  ['/api/chats', ['GET', 'POST']],
  ['/api/chats/c', ['GET', 'DELETE']],
  ['/api/chats/c/rename', ['PUT']],
  ['/api/chats/c/messages', ['POST']],
  ['/api/chats/c/upload-pdf', ['POST']],
  ['/api/upload-status/j', ['GET']],
  ['/api/chats/c/docs', ['GET']],
  ['/api/chats/c/pdfs', ['GET']],
  ['/api/pdfs', ['GET']],
  ['/api/chats/c/pdfs/n.pdf', ['DELETE']],
];
const every = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'];

export async function preflights(origin: string): Promise<void> {
  const { ask, preflight } = createClient(origin);
  for (const [path, methods] of paths) {
    for (const method of methods) await preflight(path, method, 'content-type');
    const wrong = every.filter(
      (method) => !methods.includes(method) && !(method === 'HEAD' && methods.includes('GET')),
    );
    for (const method of wrong.slice(0, 3)) await ask(method, path);
  }
  await preflight('/api/chats', 'PATCH', 'Zeta, alpha, X-Upper, alpha');
  await preflight('/api/nothing', 'GET', 'x-a');
  for (const value of ['null', 'https://example.org', 'file://'])
    await ask('GET', '/api/health', { headers: ['Origin', value] });
  await ask('OPTIONS', '/api/health', { headers: ['Origin', 'http://localhost:3000'] });
  await ask('OPTIONS', '/api/health', { headers: ['Access-Control-Request-Method', 'GET'] });
  await ask('OPTIONS', '/api/chats/c/messages');
  await ask('HEAD', '/api/chats/c/docs', { headers: ['Origin', 'http://localhost:3000'] });
  await ask('PATCH', '/api/chats', { headers: ['Origin', 'http://localhost:3000'] });
}
