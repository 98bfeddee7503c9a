/** The console's pages and what they load: files of this folder, and Swagger UI from its package. Nothing comes from elsewhere. */
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Hono } from 'hono';

const here = join(import.meta.dirname, 'page');
const swagger = dirname(fileURLToPath(import.meta.resolve('swagger-ui-dist/package.json')));

const types = {
  html: 'text/html; charset=utf-8',
  css: 'text/css; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
};

const files: Record<string, { file: string; type: keyof typeof types }> = {
  '/': { file: join(here, 'status.html'), type: 'html' },
  '/status.js': { file: join(here, 'status.js'), type: 'js' },
  '/dom.js': { file: join(here, 'dom.js'), type: 'js' },
  '/answers.js': { file: join(here, 'answers.js'), type: 'js' },
  '/line-diff.js': { file: join(here, 'line-diff.js'), type: 'js' },
  '/divergences.js': { file: join(here, 'divergences.js'), type: 'js' },
  '/diff.js': { file: join(here, 'diff.js'), type: 'js' },
  '/flip.js': { file: join(here, 'flip.js'), type: 'js' },
  '/docs': { file: join(here, 'docs.html'), type: 'html' },
  '/docs/docs.js': { file: join(here, 'docs.js'), type: 'js' },
  '/docs/swagger-ui.css': { file: join(swagger, 'swagger-ui.css'), type: 'css' },
  '/docs/swagger-ui-bundle.js': { file: join(swagger, 'swagger-ui-bundle.js'), type: 'js' },
};

/** What a browser needs before anyone has signed in. */
export const openFiles = (): Hono =>
  serveFiles({ '/console.css': { file: join(here, 'console.css'), type: 'css' } });

export const pages = (): Hono => serveFiles(files);

function serveFiles(table: typeof files): Hono {
  const app = new Hono();
  for (const [path, { file, type }] of Object.entries(table))
    app.get(path, async (c) => c.body(await readFile(file), 200, { 'content-type': types[type] }));
  return app;
}

/** @param refused a token was sent, and it was not the right one */
export async function loginPage(refused: boolean): Promise<string> {
  const page = await readFile(join(here, 'login.html'), 'utf8');
  return page.replace(
    '<!-- refusal -->',
    refused ? '<p class="fault" role="alert">That is not the token.</p>' : '',
  );
}
