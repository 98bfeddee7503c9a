/** `banyan status` */

import { routeKeys } from '@banyan/route-table/route-table.ts';
import type { Command } from 'commander';
import type { RouteStatus, Status } from '../../console/status.ts';
import { type Alarm, shownAlarm } from '../../continuity/alarms/alarm.ts';
import { alarmFile, readAlarms } from '../../continuity/alarms/stored.ts';
import { boundWithoutJournal } from '../../continuity/bound.ts';
import { BanyanError } from '../../errors.ts';
import { readText } from '../../files.ts';
import type { FlagReading } from '../../flags/flag-file.ts';
import { parseFlagFile } from '../../flags/grammar/parse.ts';
import type { FlagFault } from '../../flags/model.ts';
import { journalChoice } from '../../journal-choice.ts';
import { whenAskedToStop } from '../../terminal/stop-signal.ts';
import type { CliContext } from '../context.ts';
import { exitCodes } from '../failure.ts';
import { findGateway, type GatewayClient } from '../gateway-client.ts';
import { watchStatus } from '../status-watch.ts';
import { localTime, tableLines, wrap } from '../table.ts';
import { unwrittenLines } from '../unwritten-lines.ts';
import { alarmLines } from './alarms.ts';

const examples = `
Exits with 1 where the flag file has faults, so it also checks a file before a commit.

Examples:
  banyan status
  banyan status --watch                 rates, durations of both backends, lag, uploads, the last changes
  banyan status --watch --json | jq .journal.lag
  banyan status --json | jq '.routes[] | select(.mode != "legacy")'`;

export function statusCommand(program: Command, context: CliContext): void {
  program
    .command('status')
    .summary('show who serves each route, and faults of the flag file')
    .description(
      'Shows each route: which backend serves it, since when, and by whom it was flipped. While no gateway runs: what the flag file says.',
    )
    .option('--json', 'print JSON; with --watch a line each time that something changes', false)
    .option('--watch', 'show everything at a glance, as it changes, until Ctrl-C', false)
    .addHelpText('after', examples)
    .action(async (options: { json: boolean; watch: boolean }) => {
      const gateway = await findGateway(context.settings);
      if (options.watch) {
        if (!gateway) throw new BanyanError('gateway_not_running');
        return watch(gateway, context, options.json);
      }
      const faults = gateway
        ? await showRunning(gateway, context, options)
        : await showFile(context, options);
      if (faults.length > 0) context.exitCode = exitCodes.failed;
    });
}

async function watch(gateway: GatewayClient, context: CliContext, json: boolean): Promise<void> {
  const stop = new AbortController();
  const undo = whenAskedToStop(() => stop.abort());
  await watchStatus(gateway, context, { json, signal: stop.signal });
  undo();
}

async function showRunning(gateway: GatewayClient, context: CliContext, options: { json: boolean }) {
  const status = await gateway.get<Status>('/status');
  if (options.json) {
    context.print(JSON.stringify({ running: true, console: gateway.url, ...status }, null, 2));
    return status.faults;
  }
  const { application, ready, epoch, routes, faults, alarms, unrecorded, unwritten, blockedGuards } = status;
  context.print(
    `${application}: the gateway is ${ready ? 'ready' : 'not ready'}, epoch ${epoch}, console at ${gateway.url}`,
  );
  context.print();
  for (const line of routeLines(routes, context)) context.print(line);
  printAlarms(alarms, context);
  printFaults(status.flagFile, faults, 'The flags that were in force before stay in force.', context);
  for (const { route, breach, reason, since } of blockedGuards) {
    const said = `The guard of ${route} would roll it back since ${localTime(since)} (${breach}), and cannot: ${reason}`;
    context.print();
    for (const line of wrap(said, context.width)) context.print(context.style('red', line));
  }
  if (unwritten) {
    context.print();
    for (const line of unwrittenLines(unwritten, context)) context.print(line);
  }
  if (unrecorded > 0)
    context.print(
      context.style(
        'red',
        `\n${unrecorded} changes are in force and not in the audit log yet: look at the disk.`,
      ),
    );
  return faults;
}

function printAlarms(alarms: readonly Alarm[], context: CliContext): void {
  if (alarms.length === 0) return;
  context.print();
  for (const line of alarmLines(alarms, context)) context.print(line);
}

/** The table, which fits 100 columns. */
function routeLines(routes: readonly RouteStatus[], context: CliContext): string[] {
  const columns = [
    { title: 'ROUTE' },
    { title: 'SERVING' },
    { title: 'SINCE' },
    { title: 'BY', shrinks: true },
    { title: 'PHASE', shrinks: true },
  ];
  const rows = routes.map(({ route, serving, since, by, phase }) => [
    route,
    serving,
    localTime(since),
    by,
    phase ?? '',
  ]);
  return tableLines(columns, rows, context.tableWidth, (text, column, row) => {
    if (row === 'title') return context.style('bold', text);
    return column === 1 && text.startsWith('new') ? context.style('green', text) : text;
  });
}

async function showFile(context: CliContext, options: { json: boolean }): Promise<readonly FlagFault[]> {
  const { flagFile } = context.settings;
  const application = await context.application();
  const { table, implemented } = application;
  const read = await readText(flagFile);
  const reading: FlagReading =
    'text' in read
      ? parseFlagFile(read.text, {
          table,
          implemented,
          bound: boundWithoutJournal(journalChoice(context.settings.continuity, application)),
        })
      : {
          ok: false,
          faults: [
            { line: 1, column: 1, message: 'missing' in read ? 'There is no such file.' : read.unreadable },
          ],
        };
  const faults = reading.ok ? [] : reading.faults;
  const alarms = readAlarms(alarmFile(context.settings.dataFolder), table).alarms.map(shownAlarm);
  const routes = reading.ok ? said(reading, routeKeys(table)) : [];
  if (options.json) {
    context.print(JSON.stringify({ running: false, flagFile, routes, faults, alarms }, null, 2));
    return faults;
  }
  context.print(context.style('yellow', 'No gateway is running, so nothing is in force.'));
  if (reading.ok) {
    context.print(`What ${flagFile} says:\n`);
    const rows = routes.map(({ route, mode, phase }) => [route, mode, phase ?? '']);
    const columns = [{ title: 'ROUTE' }, { title: 'FILE SAYS' }, { title: 'PHASE', shrinks: true }];
    for (const line of tableLines(columns, rows, context.tableWidth, (text, _column, row) =>
      row === 'title' ? context.style('bold', text) : text,
    ))
      context.print(line);
  }
  printAlarms(alarms, context);
  printFaults(
    flagFile,
    faults,
    'A gateway would not start with it; a running gateway keeps the last good one in force.',
    context,
  );
  return faults;
}

function said({ flags }: Extract<FlagReading, { ok: true }>, keys: readonly string[]) {
  const phaseOf = new Map(
    [...flags.phases].flatMap(([phase, routes]) => routes.map((route) => [route, phase])),
  );
  return keys.map((route) => ({
    route,
    mode: flags.routes.get(route)?.mode ?? 'legacy',
    phase: phaseOf.get(route) ?? null,
  }));
}

function printFaults(file: string, faults: readonly FlagFault[], meaning: string, context: CliContext): void {
  if (faults.length === 0) return;
  context.print(
    context.style(
      'red',
      `\n${faults.length === 1 ? 'A fault' : `${faults.length} faults`} in ${file}. ${meaning}`,
    ),
  );
  for (const { line, column, message } of faults) {
    const place = `  ${line}:${column}`.padEnd(9);
    const [first = '', ...rest] = wrap(message, context.width - 10);
    context.print(`${place} ${first}`);
    for (const more of rest) context.print(`${' '.repeat(10)}${more}`);
  }
}
