/** An installation that is measured: gateway, legacy app and database, each in a process of its own. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { JournalSize } from '@banyan/gateway/continuity/journal/size.ts';
import type { Mode } from '@banyan/gateway/continuity/protocol/modes.ts';
import { routeTable } from '../../../contract/routes.ts';

export interface Installation {
  url: string;
  legacyUrl: string;
  legacyPid: number;
  /** Of gateway, new and legacy, with what they have started. */
  pid: number;
  /**
   * Writes the flag file so that routes of these methods have the mode, or all, and others are legacy.
   * @returns milliseconds from the file's change until the gateway says that it is in force
   */
  flip(mode: Mode, methods?: readonly string[]): Promise<number>;
  journal(): Promise<JournalSize>;
  /** Resolves when both backends have everything. @throws Error where something is stuck, or after five minutes */
  even(): Promise<void>;
  /** How many requests were held for at most so many seconds, by that number; all so far. */
  holds(): Promise<Map<number, number>>;
  stop(): Promise<void>;
}

export interface InstallationOptions {
  /** Of its own. */
  folder: string;
  continuity: 'on' | 'off';
  /** Of an empty database at a server; undefined: PGlite. */
  databaseUrl: string | undefined;
  /** Of an OpenAI-compatible model; undefined: the stand-in, which answers at once. */
  modelUrl: string | undefined;
}

interface Sent {
  url: string;
  consoleUrl: string;
  token: string;
  legacyUrl: string;
}

const patience = 300_000;
/** Looks at the journal cost what is measured: at most one in so many milliseconds. */
const between = 25;
/** No write is given to a backend in less, in milliseconds: it is not done sooner than after that for each that is left. */
const quickest = 0.4;

export async function startInstallation(options: InstallationOptions): Promise<Installation> {
  const { folder, continuity, databaseUrl, modelUrl } = options;
  await mkdir(folder, { recursive: true });
  const flagFile = join(folder, 'flags.yaml');
  await writeFile(flagFile, flagsWith('legacy', []));
  const { DATABASE_URL: _, OPENAI_BASE_URL: __, GEMINI_API_KEY: ___, ...around } = process.env;
  const child = fork(join(import.meta.dirname, 'programs/banyan.ts'), {
    env: {
      ...around,
      BENCH_FOLDER: folder,
      BENCH_FLAGS: flagFile,
      CONTINUITY: continuity,
      NODE_ENV: 'production',
      ...(databaseUrl && { DATABASE_URL: databaseUrl }),
      ...(modelUrl && { OPENAI_BASE_URL: modelUrl }),
    },
  });
  const ended = once(child, 'exit');
  const [first] = (await Promise.race([once(child, 'message'), ended])) as [Partial<Sent>];
  if (!first?.url) throw new Error(`Banyan ended with ${String(first)}`);
  const { url, consoleUrl, token, legacyUrl } = first as Sent;
  const headers = { authorization: `Bearer ${token}` };
  const ask = async (path: string) => {
    const response = await fetch(consoleUrl + path, { headers });
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    return response;
  };
  const status = async () => (await (await ask('/api/status')).json()) as Status;
  const journal = async () => (await (await ask('/api/journal')).json()) as JournalSize;
  const note = JSON.parse(await readFile(join(folder, 'data/run/legacy.json'), 'utf8')) as { pid: number };
  return {
    url,
    legacyUrl,
    legacyPid: note.pid,
    pid: child.pid ?? 0,
    journal,
    async flip(mode, methods) {
      const { epoch } = await status();
      const text = flagsWith(mode, methods);
      // As editors do it: the file is there whole, or not at all.
      await writeFile(`${flagFile}.new`, text);
      const began = performance.now();
      await rename(`${flagFile}.new`, flagFile);
      while ((await status()).epoch === epoch)
        if (performance.now() - began > 5000) throw new Error('The flags are not in force after 5 s');
      return performance.now() - began;
    },
    async even() {
      for (const end = performance.now() + patience; ; ) {
        const { lag, underWay, doubt, pinned } = await journal();
        if (pinned.length > 0) throw new Error(`It cannot be replayed: ${JSON.stringify(pinned)}`);
        const left = lag.legacy + lag.new + underWay + doubt;
        if (left === 0) return;
        if (performance.now() > end) throw new Error(`It does not come to rest: ${JSON.stringify(lag)}`);
        await delay(Math.max(between, left * quickest));
      }
    },
    holds: async () => holdsIn(await (await ask('/metrics')).text()),
    async stop() {
      child.kill('SIGTERM');
      const force = setTimeout(() => child.kill('SIGKILL'), 15_000);
      await ended;
      clearTimeout(force);
    },
  };
}

interface Status {
  epoch: number;
}

/** Without guards and without evidence: who serves is what the benchmark says. */
function flagsWith(mode: Mode, methods?: readonly string[]): string {
  const routes = routeTable.routes.filter(({ method }) => !methods || methods.includes(method));
  const lines = routes.map(({ key }) => `  ${key}: ${mode}\n`).join('');
  return `evidence: warn\nguards: off\nroutes:${lines ? `\n${lines}` : ' {}\n'}`;
}

const bucket = /^banyan_hold_duration_seconds_bucket\{le="([^"]+)",http_route="[^"]*"\} (\d+)$/gm;

/** Of Prometheus' text: all routes together. */
export function holdsIn(text: string): Map<number, number> {
  const found = new Map<number, number>();
  for (const [, le = '', count = ''] of text.matchAll(bucket)) {
    const edge = le === '+Inf' ? Number.POSITIVE_INFINITY : Number(le);
    found.set(edge, (found.get(edge) ?? 0) + Number(count));
  }
  return found;
}
