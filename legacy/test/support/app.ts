/** The real app in a fresh folder, with the scripted model behind it. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type LegacyProcess, startLegacy } from '../../../tools/launch/legacy.ts';
import { type Answer, type Asked, send } from './exchange.ts';
import { type FakeGemini, startFakeGemini } from './fake-gemini.ts';
import { appFile, embeddingModel, python, root, support } from './places.ts';

export interface AppOptions {
  env?: Record<string, string>;
  /** Takes the race between an upload and its worker out of chance's hands: see `scheduled_app.py`. */
  schedule?: 'record-first' | 'worker-first' | 'held';
  /** Puts state into the folder before the first start. */
  prepare?: (folder: string) => Promise<void>;
}

export interface App {
  /** Its working directory. */
  folder: string;
  gemini: FakeGemini;
  port(): number;
  /** Every line that it has printed. */
  lines: string[];
  send(method: string, target: string, asked?: Asked): Promise<Answer>;
  /** Sends `value` as a JSON body. */
  sendJson(method: string, target: string, value: unknown): Promise<Answer>;
  restart(): Promise<void>;
  /** Ends it without warning, as a power cut would. */
  kill(): Promise<void>;
  start(): Promise<void>;
  /** Stops app and model and removes the folder. */
  stop(): Promise<void>;
}

export async function startApp(options: AppOptions = {}): Promise<App> {
  const folder = await mkdtemp(join(tmpdir(), 'legacy-test-'));
  await options.prepare?.(folder);
  const gemini = await startFakeGemini();
  const lines: string[] = [];
  const scheduled: Record<string, string> = options.schedule
    ? { SCHEDULE: options.schedule, SCHEDULED_APP: appFile }
    : {};
  const start = () =>
    startLegacy({
      root,
      python,
      embeddingModel,
      folder,
      port: 0,
      model: { baseUrl: gemini.url, key: 'a-test-key' },
      app: options.schedule ? join(support, 'scheduled_app.py') : appFile,
      env: { ...scheduled, ...options.env },
      onLine: (line) => lines.push(line),
    });
  let running: LegacyProcess;
  try {
    running = await start();
  } catch (error) {
    await gemini.stop();
    throw error;
  }
  const ask = (method: string, target: string, asked?: Asked) => send(running.port, method, target, asked);
  return {
    folder,
    gemini,
    lines,
    port: () => running.port,
    send: ask,
    sendJson: (method, target, value) =>
      ask(method, target, {
        headers: [['Content-Type', 'application/json']],
        body: JSON.stringify(value),
      }),
    restart: async () => {
      await running.stop();
      running = await start();
    },
    kill: async () => {
      process.kill(running.pid, 'SIGKILL');
      await running.ended;
    },
    start: async () => {
      running = await start();
    },
    stop: async () => {
      await running.stop();
      await gemini.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
