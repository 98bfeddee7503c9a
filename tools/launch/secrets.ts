/** `npm run secrets`: makes what is missing of the files that compose.yaml takes secrets from. What is there stays. */
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';

/** @returns the names of those that were made */
export function makeSecrets(folder: string): string[] {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const made: string[] = [];
  const keep = (name: string, value: () => string) => {
    const file = join(folder, name);
    if (!existsSync(file)) {
      // The folder keeps others out; in a container another user reads the file.
      writeFileSync(file, value(), { mode: 0o644 });
      made.push(name);
    }
    return readFileSync(file, 'utf8').trim();
  };
  const random = () => randomBytes(32).toString('base64url');
  const password = keep('postgres-password', random);
  keep('database-url', () => `postgres://banyan:${encodeURIComponent(password)}@postgres:5432/banyan`);
  const conf = keep('redis-conf', () => `requirepass ${random()}\n`);
  keep('redis-url', () => `redis://:${encodeURIComponent(passwordOf(conf))}@redis:6379`);
  keep('console-token', random);
  keep('relay-key', random);
  // Empty: the built-in stand-in answers.
  keep('gemini-key', () => '');
  return made;
}

/** The password in a Redis configuration. */
const passwordOf = (conf: string) => /^requirepass +"?([^"\s]+)/m.exec(conf)?.[1] ?? '';

if (import.meta.main) {
  const folder = resolve(dirname(dirname(import.meta.dirname)), 'secrets');
  const made = makeSecrets(folder);
  console.log(made.length > 0 ? `Made in secrets/: ${made.join(', ')}.` : 'Nothing is missing in secrets/.');
}
