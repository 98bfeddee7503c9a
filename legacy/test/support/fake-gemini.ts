/** Stands for the paid model: answers as told, and keeps what it was asked. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';

export interface Turn {
  role: 'user' | 'model';
  parts: { text?: string }[];
}

export interface Call {
  method: string;
  path: string;
  key: string | undefined;
  body: { contents: Turn[] };
}

export interface Reply {
  status?: number;
  body: unknown;
}

/** What to answer to one call, now or later. */
export type Script = (call: Call) => Reply | Promise<Reply>;

export interface FakeGemini {
  url: string;
  calls: Call[];
  /** The text of the last turn of the last call: the prompt. */
  lastPrompt(): string;
  /** The answers to the next calls, in order; afterwards it says "An answer." again. */
  willAnswer(...scripts: Script[]): void;
  stop(): Promise<void>;
}

export const says = (text: string | null): Script =>
  answers({ content: { role: 'model', parts: [{ text }] } });

/** A successful answer with this candidate. */
export function answers(candidate: unknown): Script {
  return () => ({ body: { candidates: [candidate] } });
}

export const fails = (status: number, body: unknown): Script => {
  return () => ({ status, body });
};

/** An answer that is held back until `release`; `asked` resolves when the call has come in. */
export function held(script: Script): { script: Script; asked: Promise<void>; release: () => void } {
  const asked = Promise.withResolvers<void>();
  const gate = Promise.withResolvers<void>();
  return {
    script: async (call) => {
      asked.resolve();
      await gate.promise;
      return script(call);
    },
    asked: asked.promise,
    release: () => gate.resolve(),
  };
}

export async function startFakeGemini(): Promise<FakeGemini> {
  const calls: Call[] = [];
  const scripts: Script[] = [];
  const server = createServer((request, response) => {
    const answer = async () => {
      const body = (await json(request)) as Call['body'];
      const key = request.headers['x-goog-api-key'];
      const call: Call = {
        method: request.method ?? '',
        path: request.url ?? '',
        key: typeof key === 'string' ? key : undefined,
        body,
      };
      calls.push(call);
      const reply = await (scripts.shift() ?? says('An answer.'))(call);
      response.writeHead(reply.status ?? 200, { 'content-type': 'application/json; charset=UTF-8' });
      response.end(JSON.stringify(reply.body));
    };
    answer().catch((error: unknown) => response.destroy(error as Error));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    calls,
    lastPrompt: () => calls.at(-1)?.body.contents.at(-1)?.parts[0]?.text ?? '',
    willAnswer: (...more) => {
      scripts.push(...more);
    },
    stop: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
