/** Starts the legacy app as a process of its own, and stops it by the id that was started. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { eachLine } from '@banyan/operations/processes/child.mjs';

export interface LegacyOptions {
  /** The repository's root. */
  root: string;
  /** Python interpreter of the legacy app's environment. */
  python: string;
  /** Folder of the embedding model: `tokenizer.json`, `onnx/model.onnx`. */
  embeddingModel: string;
  /** Where the app keeps its state; its working directory. Made if missing. */
  folder: string;
  /** 0: any free port. */
  port: number;
  /** The model's endpoint and key, as the SDK reads them. */
  model: { baseUrl: string; key: string };
  /** Further variables, e.g. `LLAMA_CLOUD_API_KEY`. */
  env?: Record<string, string>;
  /** Another file than `legacy/app.py`, for tests. */
  app?: string;
  /** Called with the process's id as soon as there is one, before the app listens. */
  onSpawn?: (pid: number) => void;
  /** Ends the process when it is aborted before the app listens. */
  signal?: AbortSignal;
  /** Called with each line that the app prints. */
  onLine?: (line: string) => void;
  /** Milliseconds until the start counts as failed; 60,000 unless told. */
  patience?: number;
}

export interface LegacyProcess {
  url: string;
  port: number;
  pid: number;
  /** Resolves with the exit code or signal when the process has ended, for whatever reason. */
  ended: Promise<string>;
  /** Asks it to stop, and kills it when it has not within three seconds. */
  stop(): Promise<void>;
}

/**
 * Starts `legacy/app.py` and resolves once it listens.
 * @throws Error with the last lines that it printed when it ends or stays silent instead.
 */
export async function startLegacy(options: LegacyOptions): Promise<LegacyProcess> {
  await mkdir(options.folder, { recursive: true });
  const child = spawn(options.python, [options.app ?? join(options.root, 'legacy/app.py')], {
    cwd: options.folder,
    env: {
      PATH: process.env.PATH,
      HOME: process.env.HOME,
      TZ: process.env.TZ,
      LANG: 'C.UTF-8',
      PYTHONUNBUFFERED: '1',
      PYTHONDONTWRITEBYTECODE: '1',
      LEGACY_PORT: String(options.port),
      MINILM_DIR: options.embeddingModel,
      GEMINI_API_KEY: options.model.key,
      GOOGLE_GEMINI_BASE_URL: options.model.baseUrl,
      ...options.env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
    // A group of its own: Ctrl-C in the terminal reaches Banyan alone, which then stops it in order.
    detached: true,
  });
  if (child.pid) options.onSpawn?.(child.pid);
  const ended = new Promise<string>((resolve) => {
    child.once('exit', (code, signal) => resolve(signal ?? `code ${code}`));
    child.once('error', (error) => resolve(error.message));
  });
  // However this process ends, the app does not outlive it; only SIGKILL leaves no time for that.
  const kill = () => child.kill('SIGKILL');
  process.once('exit', kill);
  void ended.then(() => process.off('exit', kill));
  const abort = () => void stop(child, ended);
  options.signal?.addEventListener('abort', abort);
  if (options.signal?.aborted) abort();
  const port = await listening(child, ended, options).finally(() =>
    options.signal?.removeEventListener('abort', abort),
  );
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    pid: child.pid as number,
    ended,
    stop: () => stop(child, ended),
  };
}

/** Resolves with the port once the app has printed where it listens. */
function listening(child: ChildProcess, ended: Promise<string>, options: LegacyOptions): Promise<number> {
  const lastLines: string[] = [];
  return new Promise((resolve, reject) => {
    const fail = (why: string) =>
      reject(
        new Error(`The legacy app did not start: ${why}.\n${lastLines.map((l) => `  | ${l}`).join('\n')}`),
      );
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
      fail(`it was silent for ${(options.patience ?? 60_000) / 1000} s`);
    }, options.patience ?? 60_000);
    const onLine = (line: string) => {
      options.onLine?.(line);
      lastLines.push(line);
      if (lastLines.length > 20) lastLines.shift();
      const port = /Running on http:\/\/[^:]+:(\d+)/.exec(line)?.[1];
      if (!port) return;
      clearTimeout(timer);
      resolve(Number(port));
    };
    for (const stream of [child.stdout, child.stderr]) if (stream) eachLine(stream, onLine);
    void ended.then((how) => {
      clearTimeout(timer);
      fail(`it ended with ${how}`);
    });
  });
}

async function stop(child: ChildProcess, ended: Promise<string>): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGTERM');
  const kill = setTimeout(() => child.kill('SIGKILL'), 3000);
  await ended;
  clearTimeout(kill);
}
