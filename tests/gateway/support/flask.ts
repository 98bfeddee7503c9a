/** The real legacy app, in a folder of its own, on a port of its own. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readSettings } from '@banyan/gateway/settings.ts';
import { type LegacyProcess, startLegacy } from '../../../tools/launch/legacy.ts';
import { ensureSetup } from '../../../tools/setup/index.ts';

const root = join(import.meta.dirname, '../../..');

export interface Flask extends LegacyProcess {
  folder: string;
  /** The request lines that it has logged, as Werkzeug writes them: `GET /a HTTP/1.1`. */
  requests(): string[];
  /** Everything that it printed. */
  lines: string[];
}

/** Starts it; the caller stops it. */
export async function startFlask(
  options: { port?: number; env?: Record<string, string> } = {},
): Promise<Flask> {
  const { dataFolder, setupFolder } = readSettings(process.env, root);
  const { python, embeddingModel } = await ensureSetup({
    dataFolder,
    setupFolder,
    root,
    env: process.env,
    report: () => undefined,
  });
  const folder = await mkdtemp(join(tmpdir(), 'gateway-flask-'));
  const lines: string[] = [];
  const legacy = await startLegacy({
    root,
    python,
    embeddingModel,
    folder,
    port: options.port ?? 0,
    // No model is called in these tests.
    model: { baseUrl: 'http://127.0.0.1:9', key: 'none' },
    ...(options.env && { env: options.env }),
    onLine: (line) => lines.push(line),
  });
  return {
    ...legacy,
    folder,
    lines,
    requests: () => lines.flatMap((line) => requestLine(line) ?? []),
    async stop() {
      await legacy.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** `127.0.0.1 - - [23/Nov/2026 03:30:00] "GET /a HTTP/1.1" 200 -`, in colours. */
function requestLine(line: string): string | undefined {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the colours are escape sequences
  return /\] "(?:\x1b\[[0-9;]*m)*(.*?)(?:\x1b\[[0-9;]*m)*" \d{3}/.exec(line)?.[1];
}
