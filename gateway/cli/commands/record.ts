/** `banyan record NAME`: captures what passes through the running gateway, until Ctrl-C. */

import { join, relative } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type Command, InvalidArgumentError } from 'commander';
import { BanyanError } from '../../errors.ts';
import { silentLog } from '../../log.ts';
import { importRecording } from '../../record/import/import.ts';
import { createRecorder, type RecorderStatus } from '../../record/recorder.ts';
import { readRedaction } from '../../record/redaction/redaction-file.ts';
import { whenAskedToStop } from '../../terminal/stop-signal.ts';
import type { CliContext } from '../context.ts';
import { exitCodes } from '../failure.ts';
import { findGateway, type GatewayClient } from '../gateway-client.ts';

const examples = `
Secrets are replaced before anything is written; contract-tests/README.md says which, and how to replay a recording.

Examples:
  banyan record first-use            until Ctrl-C
  banyan record first-use --for 30s
  banyan record first-use --detach   and later: banyan record --stop
  banyan record first-use --force    replaces the recording of that name
  banyan record first-use --import export.har   a HAR file (or a .zip with one) that a browser or a proxy exported, redacted on its way in`;

interface Options {
  for?: number;
  force: boolean;
  detach: boolean;
  stop: boolean;
  import?: string;
  json: boolean;
}

/** How often the count on the screen is renewed, in milliseconds. */
const TICK = 250;

export function recordCommand(program: Command, context: CliContext): void {
  const command = program
    .command('record')
    .summary('capture live traffic as a recording')
    .description(
      'Captures what passes through the running gateway as HAR, into contract-tests/recordings/NAME.har.',
    )
    .argument('[name]', 'letters, digits, - and _')
    .option('--for <time>', 'stop by itself after this long: 30s, 5m', duration)
    .option('--detach', 'start, and leave it running', false)
    .option('--stop', 'stop the recording that runs', false)
    .option('--import <file>', 'take in what a browser exported, instead of recording')
    .option('--force', 'replace a recording of that name', false)
    .option('--json', 'print what was recorded as JSON', false)
    .addHelpText('after', examples)
    .action(async (name: string | undefined, options: Options) => {
      if (name && options.import !== undefined) {
        await importFrom(context, name, options.import, options);
        return;
      }
      if (!name && !options.stop) command.error('error: name the recording: banyan record first-use');
      const gateway = await findGateway(context.settings);
      if (!gateway) throw new BanyanError('gateway_not_running');
      if (options.stop) await stop(context, gateway, name, options.json);
      else await record(context, gateway, name ?? '', options);
    });
}

async function record(
  context: CliContext,
  gateway: GatewayClient,
  name: string,
  options: Options,
): Promise<void> {
  const start = () => gateway.post<RecorderStatus>('/record', { name, force: options.force });
  if (options.detach) {
    await start();
    return (options.json ? context.report : context.print)(
      `Recording ${name}. Stop it with: banyan record --stop`,
    );
  }
  const enough = new AbortController();
  // Before it starts, and until it has stopped: a Ctrl-C at any moment must not leave the recording running.
  const undo = whenAskedToStop(() => enough.abort());
  try {
    await start();
    const until = options.for === undefined ? 'Ctrl-C stops.' : `It stops after ${options.for / 1000} s.`;
    (options.json ? context.report : context.print)(`Recording ${name}: use the application now. ${until}`);
    await watch(context, gateway, AbortSignal.any([enough.signal, ...timeLimit(options.for)]));
    await stop(context, gateway, name, options.json);
  } finally {
    undo();
  }
}

/** Needs no gateway: what is taken in was recorded elsewhere. */
async function importFrom(
  context: CliContext,
  name: string,
  path: string,
  { force, json }: Options,
): Promise<void> {
  const { recordingsFolder: folder, dataFolder, redactionFile } = context.settings;
  const clock = { time: 0 };
  const recorder = createRecorder({
    folder,
    spool: join(dataFolder, 'import'),
    redact: readRedaction(redactionFile),
    clock: { now: () => clock.time },
    log: silentLog,
  });
  const { table } = await context.application();
  const { foreign, reasons } = await importRecording({ path, name, force, table, recorder, clock });
  report(context, recorder.status(), json, reasons);
  if (!json)
    for (const [reason, count] of Object.entries(reasons)) context.print(`  ${count} left out: ${reason}.`);
  if (foreign > 0 && !json)
    context.print(`  ${foreign} other requests of the export are no part of the application.`);
}

const timeLimit = (milliseconds: number | undefined) =>
  milliseconds === undefined ? [] : [AbortSignal.timeout(milliseconds)];

/** Shows the count until the signal, or until the recording has ended without it. */
async function watch(context: CliContext, gateway: GatewayClient, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const status = await gateway.get<RecorderStatus>('/record');
    context.progress(countsOf(status));
    if (status.state !== 'recording') break;
    await delay(TICK, undefined, { signal }).catch(() => {});
  }
  context.progress('');
}

async function stop(
  context: CliContext,
  gateway: GatewayClient,
  name: string | undefined,
  json: boolean,
): Promise<void> {
  let status = await gateway.get<RecorderStatus>('/record');
  if (status.state === 'recording') {
    if (name !== undefined && status.name !== name)
      throw new BanyanError('recording_other', { name, running: status.name ?? '' });
    status = await gateway.post<RecorderStatus>('/record/stop', {});
  } else if (name === undefined || status.name !== name) throw new BanyanError('recording_none');
  for (; status.state === 'stopping'; status = await gateway.get<RecorderStatus>('/record')) {
    context.progress(`waiting for ${status.inFlight} under way`);
    await delay(TICK);
  }
  context.progress('');
  report(context, status, json);
}

function report(
  context: CliContext,
  status: RecorderStatus,
  json: boolean,
  reasons?: Readonly<Record<string, number>>,
): void {
  if (status.fault !== undefined)
    throw new BanyanError('recording_failed', { name: status.name ?? '', reason: status.fault });
  if (json) {
    context.print(JSON.stringify({ ...status, ...(reasons && { reasons }) }, null, 2));
    return;
  }
  context.print(`${context.style('green', status.file ? relative(process.cwd(), status.file) : '')}`);
  context.print(`  ${countsOf(status)}`);
  if (status.leftOut > 0)
    context.print(
      '  What was left out is named at the end of the file, with the reason; it may have had an effect.',
    );
  if (status.binary > 0)
    context.print('  Uploads and other binary bodies are kept as sent: look at them before you commit them.');
  if (status.exchanges === 0) {
    context.print('  Nothing was recorded: did the traffic go through the gateway?');
    context.exitCode = exitCodes.failed;
  }
}

function countsOf({ exchanges, inFlight, leftOut, dropped = 0, redacted, binary }: RecorderStatus): string {
  const counts = [
    `${exchanges} exchange${exchanges === 1 ? '' : 's'}`,
    ...(inFlight > 0 ? [`${inFlight} under way`] : []),
    ...(leftOut > 0 ? [`${leftOut} left out`] : []),
    ...(dropped > 0 ? [`${dropped} of these as the recorder could not keep up`] : []),
    ...(redacted > 0 ? [`${redacted} secret${redacted === 1 ? '' : 's'} replaced`] : []),
    ...(binary > 0 ? [`${binary} binary bod${binary === 1 ? 'y' : 'ies'} kept as sent`] : []),
  ];
  return counts.join(', ');
}

/** `30s`, `5m`, `500ms`; seconds where no unit is named. In milliseconds. */
function duration(text: string): number {
  const [, number, unit = 's'] = /^(\d{1,9})(ms|s|m|h)?$/.exec(text) ?? [];
  const factors: Record<string, number> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };
  const milliseconds = Number(number) * (factors[unit] ?? 1);
  if (number === undefined || milliseconds === 0 || milliseconds > 2 ** 31 - 1)
    throw new InvalidArgumentError('It must be a time such as 30s or 5m.');
  return milliseconds;
}
