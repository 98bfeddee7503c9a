/** Asks the real Python, Werkzeug and Flask, in one process for a whole file of tests. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setupFolder } from '../../ingestion/testing/setup.ts';

export { seeded } from '../../ingestion/testing/setup.ts';

export interface MultipartVerdict {
  /** Field, name of the file, content in base64. */
  files?: [string | null, string, string][];
  error?: string;
}

export interface Oracle {
  /** The answer of Flask's development server, byte for byte. */
  http(raw: Uint8Array): Promise<Buffer>;
  loads(doc: Uint8Array): Promise<['value', unknown] | ['error', kind: string, text: string]>;
  options(value: string): Promise<[string, Record<string, string>]>;
  string(
    text: string,
    count?: number,
  ): Promise<{ strip: string; lower: string; repr: string; unquote: string; first: string }>;
  multipart(type: string | undefined, body: Uint8Array): Promise<MultipartVerdict>;
  attributes(): Promise<Record<string, string>>;
  close(): void;
}

const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64');

/** Starts it at once; questions asked meanwhile wait. */
export function startOracle(): Oracle {
  const child = spawn(join(setupFolder, 'python/bin/python'), [join(import.meta.dirname, 'oracle.py')], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { PATH: process.env.PATH, HOME: process.env.HOME, LANG: 'C.UTF-8', PYTHONDONTWRITEBYTECODE: '1' },
  });
  const waiting: PromiseWithResolvers<never>[] = [];
  createInterface({ input: child.stdout }).on('line', (line) =>
    waiting.shift()?.resolve(JSON.parse(line) as never),
  );
  child.once('close', (code) => {
    for (const { reject } of waiting.splice(0))
      reject(new Error(`the oracle ended with ${code ?? 'a signal'}`));
  });
  child.stdin.on('error', () => {});
  const ask = (question: object) => {
    const answer = Promise.withResolvers<never>();
    waiting.push(answer);
    child.stdin.write(`${JSON.stringify(question)}\n`);
    return answer.promise;
  };
  return {
    http: async (raw) => Buffer.from(await ask({ op: 'http', raw: base64(raw) }), 'base64'),
    loads: (doc) => ask({ op: 'loads', doc: base64(doc) }),
    options: (value) => ask({ op: 'options', value }),
    string: (text, count = 0) => ask({ op: 'string', text, count }),
    multipart: (type, body) => ask({ op: 'multipart', type: type ?? null, body: base64(body) }),
    attributes: () => ask({ op: 'attributes' }),
    close: () => child.kill(),
  };
}
