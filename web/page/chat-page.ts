/** Serves the chat page, for development: files of one folder, its TypeScript with the types taken out, no build. */
import { readdirSync, readFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import { extname, join } from 'node:path';
import type { Answer } from '@banyan/gateway/application.ts';

export interface ChatPageData {
  /** Who answers, as a person reads it: `Answers come from …`. */
  modelName: string;
}

const types: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.ts': 'text/javascript; charset=utf-8',
};

/** The page shows texts that other people wrote: nothing inline runs, nothing is fetched from elsewhere, no HTML is set. */
const policy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join('; ');

/**
 * Reads the folder once. What it gives out are the files that were found then, by their exact path, so no path can lead
 * anywhere else.
 * @param folder Absolute path of `web/chat`.
 * @returns the answer for a path (`/chat`, `/chat/app.ts`, …), for GET and HEAD; undefined where the page has none.
 * @throws Error of `node:fs` where the folder cannot be read, or of `node:module` where a file is not erasable TypeScript.
 */
export function chatPage(folder: string, data: ChatPageData): (pathname: string) => Answer | undefined {
  const answers = new Map<string, Answer>();
  for (const name of readdirSync(folder)) {
    const type = types[extname(name)];
    if (!type || name.includes('.test.')) continue;
    const path = name === 'index.html' ? '/chat' : `/chat/${name}`;
    answers.set(path, answer(type, contentOf(join(folder, name))));
  }
  const page = JSON.stringify({ model: data.modelName });
  answers.set('/chat/page.json', answer('application/json', Buffer.from(page)));
  return (pathname) => answers.get(pathname);
}

function contentOf(file: string): Uint8Array {
  const bytes = readFileSync(file);
  return file.endsWith('.ts') ? Buffer.from(withoutTypes(bytes.toString())) : bytes;
}

/** Node warns that this is experimental; it is also what runs every file of this project, so nobody need be told. */
function withoutTypes(source: string): string {
  const { emitWarning } = process;
  process.emitWarning = () => {};
  try {
    return stripTypeScriptTypes(source);
  } finally {
    process.emitWarning = emitWarning;
  }
}

function answer(type: string, body: Uint8Array): Answer {
  const rawHeaders = [
    ['Content-Type', type],
    ['Content-Length', String(body.length)],
    ['Cache-Control', 'no-cache'],
    ['Content-Security-Policy', policy],
    ['X-Content-Type-Options', 'nosniff'],
    ['Referrer-Policy', 'no-referrer'],
  ].flat();
  return { status: 200, reason: 'OK', rawHeaders, body };
}
