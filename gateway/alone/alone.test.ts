/** The tool alone, as a process, in front of a server of which it knows nothing. */
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';

const program = join(import.meta.dirname, '../bin/banyan-gateway.ts');
let folder: string;
let upstream: Server;
let url: string;
let closing: (() => Promise<unknown>)[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'alone-'));
  upstream = createServer((request, response) => response.end(`${request.method} ${request.url}`));
  await new Promise<void>((resolve) => upstream.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(upstream.address() as AddressInfo).port}`;
  closing = [];
});
afterEach(async () => {
  for (const close of closing) await close();
  upstream.closeAllConnections();
  upstream.close();
  await rm(folder, { recursive: true });
});

function start(args: string[]) {
  const { PATH = '' } = process.env;
  const env = { PATH, HOST: '127.0.0.1', PORT: '0', CONSOLE_PORT: '0' };
  const child = spawn(process.execPath, [program, ...args], { env, cwd: folder });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  child.stdout.resume();
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
  closing.push(() => {
    child.kill('SIGINT');
    return ended;
  });
  const up = new Promise<{ gateway: string; console: string }>((resolve, reject) => {
    child.stderr.on('data', () => {
      const [, gateway = '', console = ''] =
        /Gateway {2}(\S+),[\s\S]*Console {2}(http:[^\s,]+)/.exec(said) ?? [];
      if (console) resolve({ gateway, console });
    });
    void ended.then(() => reject(new Error(said)));
  });
  return { up, ended };
}

it('serves every path from the server at a URL, with a console, flags and metrics', async () => {
  const running = await start(['serve', url]).up;
  expect(await (await fetch(`${running.gateway}/a/b?c=%20d`)).text()).toBe('GET /a/b?c=%20d');
  expect(await (await fetch(`${running.gateway}/`, { method: 'PUT', body: 'x' })).text()).toBe('PUT /');
  const token = (await readFile(join(folder, '.banyan/console-token'), 'utf8')).trim();
  const headers = { authorization: `Bearer ${token}` };
  const ask = (path: string) => fetch(running.console + path, { headers });
  expect(await (await ask('/metrics')).text()).toContain('http_route="anything else"');
  expect(await (await ask('/api/status')).json()).toMatchObject({ ready: true });
  await writeFile(join(folder, 'flags.yaml'), 'routes:\n  anything else: new\n');
  await expect
    .poll(async () => JSON.stringify(await (await ask('/api/status')).json()))
    .toContain('anything else');
  expect(await (await fetch(`${running.gateway}/still`)).text()).toBe('GET /still');
});

it("has an application's routes by the path of its module, and says what is wrong with one", async () => {
  const module = (name: string, text: string) => writeFile(join(folder, name), text);
  await module(
    'shop.mjs',
    `export default (settings) => ({
      name: 'shop at ' + settings.legacy.url,
      table: { routes: [], anythingElse: { key: 'anything else', access: 'read', longest: 5000 } },
      implemented: new Set(), prepare: async () => {}, withheld: () => undefined, errorHeaders: () => [],
      pages: () => ({ path: '/shop', answer: (path) => path === '/shop'
        ? { status: 200, reason: 'OK', rawHeaders: ['Content-Length', '4'], body: Buffer.from('shop') } : undefined }),
      newBackend: { name: 'new', send: async () => { throw new Error('none'); }, close: async () => {} },
    });`,
  );
  const running = await start(['serve', url, '--application', 'shop.mjs']).up;
  expect(await (await fetch(`${running.gateway}/shop`)).text()).toBe('shop');
  expect(await (await fetch(`${running.gateway}/else`)).text()).toBe('GET /else');
  await module('empty.mjs', 'export default 1;');
  await expect(start(['serve', url, '--application', 'empty.mjs']).up).rejects.toThrow(
    /empty\.mjs cannot be used: its default export is neither/,
  );
});

it('says what is missing where nothing says where the server is', async () => {
  const { up, ended } = start(['serve']);
  await expect(up).rejects.toThrow('LEGACY_URL');
  expect(await ended).toBe(2);
});
