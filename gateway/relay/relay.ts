/**
 * The LLM relay: both backends call the model through it, as if it were Gemini. It holds the real key, so that no
 * backend does; what a backend presents is the relay's own key.
 */
import { randomBytes } from 'node:crypto';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createServer } from '@banyan/operations/connections/server.ts';
import { inTime } from '@banyan/operations/in-time.ts';
import { BanyanError } from '../errors.ts';
import { refusalAnswer } from '../fault-answer.ts';
import type { ModelSettings } from '../settings.ts';
import { geminiProvider } from './gemini/gemini.ts';
import { handleCall, type RelayCall, type RelayLog } from './handle-call.ts';
import { openAiProvider } from './openai/openai.ts';
import type { ModelCall, ModelProvider } from './provider.ts';
import { standInProvider } from './stand-in/stand-in.ts';
import type { StandInVoice } from './stand-in/voice.ts';

export interface RelayOptions {
  host: string;
  /** 0: any free port. */
  port: number;
  /** What the backends present as their Gemini key; a random one unless given. */
  key?: string | undefined;
  model: ModelSettings;
  /** How the stand-in reads the application's prompts; without, it quotes nothing. */
  standIn?: StandInVoice | undefined;
  /** A pino logger or its like. Gets names, sizes, statuses and durations, never a prompt or a reply. */
  log: RelayLog;
  /** Called once for every call that was let in, when it is over. */
  onCall?: ((call: RelayCall) => void) | undefined;
  /** Puts another provider around the one that the settings name. */
  around?: ((provider: ModelProvider) => ModelProvider) | undefined;
  /** The trace of the write that a call belongs to, for a backend that does not name it. */
  traceOf?: ((call: ModelCall) => string | undefined) | undefined;
  /** Milliseconds the model may stay silent, before its answer and between two parts of it; 120,000 unless told. */
  deadline?: number;
}

export interface Relay {
  /** What the backends get as `GOOGLE_GEMINI_BASE_URL`. */
  url: string;
  /** What they get as `GEMINI_API_KEY`. */
  key: string;
  /** Cancels the calls in flight, which end with 503, and stops listening. */
  close(): Promise<void>;
}

/** Starts the relay and resolves once it listens. */
export async function startRelay(options: RelayOptions): Promise<Relay> {
  const { log, onCall, traceOf, around = (inner) => inner, deadline = 120_000 } = options;
  const key = options.key ?? randomBytes(24).toString('base64url');
  const provider = around(providerOf(options));
  const closing = new AbortController();
  const inFlight = new Set<Promise<void>>();
  const handle = (request: IncomingMessage, response: ServerResponse) => {
    const call = handleCall(request, response, {
      key,
      provider,
      log,
      onCall,
      traceOf,
      deadline,
      closing: closing.signal,
    });
    inFlight.add(call);
    void call.finally(() => inFlight.delete(call));
  };
  const server = createServer({ handle, answerTo: refusalAnswer });
  await listen(server, options.host, options.port);
  return {
    url: urlOf(server.address() as AddressInfo),
    key,
    async close() {
      const closed = new Promise((resolve) => server.close(resolve));
      closing.abort(new BanyanError('shutting_down'));
      await inTime(
        1000,
        () => Promise.allSettled(inFlight),
        () => undefined,
      );
      server.closeAllConnections();
      await closed;
      await provider.close();
    },
  };
}

/** What a person is told of who answers. */
export function modelName(model: ModelSettings): string {
  switch (model.kind) {
    case 'gemini':
      return 'Gemini';
    case 'openai':
      return `${model.model} at ${new URL(model.baseUrl).host}`;
    case 'stand-in':
      return 'a built-in stand-in, which is not a language model';
  }
}

function providerOf({ model, standIn }: RelayOptions): ModelProvider {
  switch (model.kind) {
    case 'gemini':
      return geminiProvider(model);
    case 'openai':
      return openAiProvider(model);
    case 'stand-in':
      return standInProvider(standIn);
  }
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

/** An address at which a backend on this machine reaches it. */
function urlOf({ address, port, family }: AddressInfo): string {
  const wildcards: Record<string, string> = { '0.0.0.0': '127.0.0.1', '::': '[::1]' };
  return `http://${wildcards[address] ?? (family === 'IPv6' ? `[${address}]` : address)}:${port}`;
}
