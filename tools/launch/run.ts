/** Runs all of Banyan in the order in which one part needs the next, and stops it the other way round. */

import { join, relative } from 'node:path';
import { BanyanError } from '@banyan/gateway/errors.ts';
import { checkPorts, type PortUse, portFault } from '@banyan/gateway/ports.ts';
import { keepPrivate } from '@banyan/gateway/private-data.ts';
import type { ModelCall, ModelProvider } from '@banyan/gateway/relay/provider.ts';
import type { Settings } from '@banyan/gateway/settings.ts';
import { type Closers, closedOnFailure } from '@banyan/operations/closers.ts';
import { takeLock } from '@banyan/operations/processes/lock.mjs';
import type { BanyanSettings } from '../../banyan.settings.ts';
import { chatbotVoice } from '../../contract/stand-in.ts';
import { ensureModel, ensureSetup } from '../setup/index.ts';
import { noteProcess, stopLeftBehind } from './left-behind.ts';
import { type LegacyProcess, startLegacy } from './legacy.ts';
import { openLogFile, startLogAndTracing } from './logs.ts';
import type { Started } from './summary.ts';
import { isGone, withoutCompleted } from './without-legacy.ts';

export interface RunOptions {
  settings: BanyanSettings;
  /** The repository's root. */
  root: string;
  env: Record<string, string | undefined>;
  /** Tells the person at the terminal. */
  report: (line: string) => void;
  /** Breaks the start off. */
  signal: AbortSignal;
}

export interface Running extends Started {
  /** Resolves where it cannot go on, with the reason; it has to be closed then. */
  failed: Promise<BanyanError>;
  /** Gateway first, which finishes what is in flight; then legacy and the relay. */
  close(): Promise<void>;
}

/**
 * Resolves when everything is up.
 * @throws BanyanError with one line on what to do, or the signal's AbortError; nothing that was started is left then
 */
export async function run(options: RunOptions): Promise<Running> {
  try {
    const settings = await withoutCompleted(options.settings);
    return await closedOnFailure((closers) => start({ ...options, settings }, closers));
  } catch (error) {
    throw await portTakenMeanwhile(error, options.settings);
  }
}

async function start(options: RunOptions, closers: Closers): Promise<Running> {
  const { settings, root, env, report, signal } = options;
  await keepPrivate(settings.dataFolder, settings.setupFolder);
  closers.defer(holdData(settings.dataFolder));
  const cleared = await clearAway(options);
  await checkPorts(portsOf(settings), cleared ? 3000 : 0);
  const setup = settings.legacy.url
    ? undefined
    : await ensureSetup({ root, env, report, signal, ...settings });
  signal.throwIfAborted();

  report(settings.legacy.url ? 'Starting the gateway …' : 'Starting the legacy app and the gateway …');
  const logFile = await openLogFile(join(settings.dataFolder, 'logs/gateway.log'));
  closers.defer(() => logFile.close());
  const { log, tracing } = await startLogAndTracing(settings, logFile, 'banyan');
  closers.use(tracing);
  const { startRelay } = await import('@banyan/gateway/relay/relay.ts');
  const { Tie } = await import('@banyan/gateway/continuity/model-calls/tie.ts');
  const tie = settings.continuity === 'on' ? new Tie() : undefined;
  const around = tie && ((provider: ModelProvider) => tie.around(provider));
  const traceOf = tie && ((call: ModelCall) => tie.traceOf(call));
  const relay = await startRelay({
    ...settings.relay,
    model: settings.model,
    standIn: chatbotVoice,
    around,
    traceOf,
    log,
  });
  closers.use(relay);

  // Python takes seconds to load the app; the gateway's own code is loaded meanwhile.
  const gatewayCode = Promise.all([
    import('@banyan/gateway/gateway.ts'),
    import('../../banyan.config.ts'),
    import('../../banyan.evidence.ts'),
    import('../../services/worker/upload-metrics.ts'),
  ]);
  gatewayCode.catch(() => {});
  const legacy = setup && (await runLegacy(options, setup, relay, log, closers));
  const legacyUrl = settings.legacy.url ?? legacy?.url ?? '';
  const [{ startGateway }, { createApplication }, { withEvidence }, { UploadMetrics }] = await gatewayCode;
  signal.throwIfAborted();
  const needs = { root, env, report, signal, ...settings };
  const uploads = new UploadMetrics();
  const created = createApplication(settings, {
    model: { baseUrl: relay.url, key: relay.key },
    embeddingModel: async () => setup?.embeddingModel ?? ensureModel(needs),
    legacyPython: async () => (setup ?? (await ensureSetup(needs))).python,
    env,
    log,
    watch: uploads,
  });
  const application = withEvidence(created, settings.quirksRetired);
  const gateway = await startGateway({
    settings,
    application,
    legacyUrl,
    legacyIsNew: legacy !== undefined,
    legacyStarted: legacy && `${legacy.pid} ${new Date().toISOString()}`,
    tie,
    log,
  });
  closers.use(gateway);
  const { url, pages, consoleUrl, newConsoleToken, failed } = gateway;
  return {
    url,
    chatPage: pages,
    consoleUrl,
    newConsoleToken,
    failed,
    legacyUrl: isGone(settings) ? undefined : legacyUrl,
    close: closers.close,
  };
}

/** One start at a time on one data folder: two legacy apps would write over each other's files. */
function holdData(folder: string): () => void {
  const lock = takeLock(join(folder, 'run/start.lock'));
  if ('heldBy' in lock) throw new BanyanError('data_in_use', { pid: lock.heldBy, folder });
  return lock.release;
}

const legacyNote = (settings: BanyanSettings) => join(settings.dataFolder, 'run/legacy.json');
const legacyApp = (root: string) => join(root, 'legacy/app.py');

/** @returns whether there was something to stop */
async function clearAway({ settings, root, report }: RunOptions): Promise<boolean> {
  const pid = await stopLeftBehind(legacyNote(settings), legacyApp(root));
  if (pid) report(`Stopped a legacy app (process ${pid}) that an earlier start had left behind.`);
  return pid !== undefined;
}

/** Every port that a start with these settings opens. */
export function portsOf({ gateway, console, relay, legacy }: Settings): PortUse[] {
  const uses: PortUse[] = [
    { ...gateway, what: 'the gateway', variable: 'PORT' },
    { ...console, what: "the operator's console", variable: 'CONSOLE_PORT' },
    { ...relay, what: 'the LLM relay', variable: 'RELAY_PORT' },
  ];
  if (!legacy.url)
    uses.push({
      host: '127.0.0.1',
      port: legacy.port,
      what: 'the legacy app',
      variable: 'LEGACY_PORT',
    });
  return uses;
}

/** A port that was free when it was looked at, and is not when it is needed. */
async function portTakenMeanwhile(error: unknown, settings: BanyanSettings): Promise<unknown> {
  if (!(error instanceof Error && 'port' in error && 'code' in error)) return error;
  const use = portsOf(settings).find(({ port }) => port === error.port);
  return use ? portFault(use, error) : error;
}

async function runLegacy(
  { settings, root, env, report, signal }: RunOptions,
  setup: { python: string; embeddingModel: string },
  relay: { url: string; key: string },
  log: { debug(message: string): void; error(fields: object, message: string): void },
  closers: Closers,
): Promise<LegacyProcess> {
  const logPath = join(settings.dataFolder, 'logs/legacy.log');
  const shownPath = relative(process.cwd(), logPath);
  const logFile = await openLogFile(logPath);
  closers.defer(() => logFile.close());
  const note = legacyNote(settings);
  let noted: Promise<void> | undefined;
  const lastLines: string[] = [];
  const legacy = await startLegacy({
    root,
    ...setup,
    signal,
    port: settings.legacy.port,
    folder: join(settings.dataFolder, 'legacy'),
    model: { baseUrl: relay.url, key: relay.key },
    env: settings.llamaParse ? { LLAMA_CLOUD_API_KEY: env.LLAMA_CLOUD_API_KEY || 'in a file' } : {},
    onSpawn: (pid) => {
      noted = noteProcess(note, pid);
    },
    onLine: (line) => {
      logFile.write(`${line}\n`);
      log.debug(line);
      lastLines.push(line);
      if (lastLines.length > 10) lastLines.shift();
    },
  }).catch((error: unknown) => {
    signal.throwIfAborted();
    const said = error instanceof Error ? error.message : String(error);
    report(said.split('\n').slice(1).join('\n'));
    const reason = said.split('\n')[0]?.replace(/^The legacy app did not start: |[.]$/g, '') ?? '';
    throw new BanyanError('legacy_not_started', { reason, log: shownPath }, error);
  });
  await noted;

  let closing = false;
  closers.defer(async () => {
    closing = true;
    await legacy.stop();
    await stopLeftBehind(note, legacyApp(root));
  });
  // It is not started again by itself: it forgets what it kept in memory, and the person must know that.
  void legacy.ended.then((how) => {
    if (closing) return;
    const fault = new BanyanError('legacy_ended', { how, log: shownPath });
    for (const line of lastLines) report(`  | ${line}`);
    report(`${fault.message} ${fault.advice}`);
    log.error({ code: fault.code, how }, fault.message);
  });
  return legacy;
}
