import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createMatch } from '@banyan/route-table/match.ts';
import { expect, onTestFinished, test } from 'vitest';
import { routeTable } from '../../contract/routes.ts';
import { chatPage } from './chat-page.ts';

const folder = join(import.meta.dirname, '../chat');
const page = chatPage(folder, { modelName: 'a "model" </script>' });

const text = (path: string) => Buffer.from(page(path)?.body ?? []).toString();
const header = (path: string, name: string) => {
  const raw = page(path)?.rawHeaders ?? [];
  return raw[raw.indexOf(name) + 1];
};

test('the page is at /chat, and its files below', () => {
  expect(page('/chat')).toMatchObject({ status: 200, reason: 'OK' });
  expect(text('/chat')).toContain('<!doctype html>');
  expect(header('/chat', 'Content-Type')).toBe('text/html; charset=utf-8');
  expect(header('/chat/style.css', 'Content-Type')).toBe('text/css; charset=utf-8');
  expect(header('/chat/icon.svg', 'Content-Type')).toBe('image/svg+xml');
});

test('every file that the page names is there', () => {
  const named = [...text('/chat').matchAll(/(?:href|src)="([^"]+)"/g)].map(([, path]) => path ?? '');
  expect(named.length).toBeGreaterThan(2);
  for (const path of named) expect(page(path), path).toBeDefined();
});

test('its TypeScript is served as JavaScript that runs without its types', async () => {
  expect(header('/chat/dom.ts', 'Content-Type')).toBe('text/javascript; charset=utf-8');
  expect(text('/chat/dom.ts')).not.toContain('Child');
  const module = await import(`data:text/javascript,${encodeURIComponent(text('/chat/dom.ts'))}`);
  expect(module.el).toBeTypeOf('function');
});

test('it tells the page who answers', () => {
  expect(JSON.parse(text('/chat/page.json'))).toEqual({ model: 'a "model" </script>' });
});

test('a policy keeps anything inline, anything from elsewhere and any HTML out of it', () => {
  const policy = header('/chat', 'Content-Security-Policy') ?? '';
  expect(policy).toContain("default-src 'none'");
  expect(policy).toContain("script-src 'self'");
  expect(policy).toContain("require-trusted-types-for 'script'");
  expect(policy).not.toContain('unsafe');
  expect(header('/chat', 'X-Content-Type-Options')).toBe('nosniff');
});

test.each([
  '/',
  '/chat/',
  '/chats',
  '/chat/index.html',
  '/chat/chat.test.ts',
  '/chat/test/stage.ts',
  '/chat/../chat/app.ts',
  '/chat/../../package.json',
  '/chat/..%2f..%2fpackage.json',
  '/chat//app.ts',
  '/chat/app.ts/',
  '/Chat',
])('it has nothing at %s', (path) => {
  expect(page(path)).toBeUndefined();
});

test('the public contract has none of its paths', () => {
  const match = createMatch(routeTable);
  for (const path of ['/chat', '/chat/app.ts', '/chat/page.json']) expect(match(path)).toBeUndefined();
});

test('a file that is no erasable TypeScript stops the start', async () => {
  const copy = await mkdtemp(join(tmpdir(), 'banyan-page-'));
  onTestFinished(() => rm(copy, { recursive: true }));
  await cp(folder, copy, { recursive: true });
  await writeFile(join(copy, 'bad.ts'), 'enum Bad { One }');
  expect(() => chatPage(copy, { modelName: 'x' })).toThrow('enum');
});
