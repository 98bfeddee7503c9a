/** `banyan history` */
import { type Command, InvalidArgumentError } from 'commander';
import { readAudit } from '../../flags/audit.ts';
import type { AuditEntry } from '../../flags/model.ts';
import { stateFiles } from '../../flags/state.ts';
import type { CliContext } from '../context.ts';
import { findGateway } from '../gateway-client.ts';
import { localTime, tableLines, wrap } from '../table.ts';

export function historyCommand(program: Command, context: CliContext): void {
  program
    .command('history')
    .summary('show who changed which flag, when and why')
    .description(
      'Shows the audit log, newest first. A change by hand gives the comment on its line as the reason.',
    )
    .option('--limit <n>', 'how many changes', count, 20)
    .option('--json', 'print JSON', false)
    .addHelpText('after', '\nExamples:\n  banyan history --limit 5\n  banyan history --json | jq .[0]')
    .action(async (options: { limit: number; json: boolean }) => {
      const entries = await read(context, options.limit);
      if (options.json) context.print(JSON.stringify(entries, null, 2));
      else if (entries.length === 0) context.print('Nothing has been flipped yet.');
      else for (const line of historyLines(entries, context)) context.print(line);
    });
}

function count(text: string): number {
  if (!/^[1-9]\d{0,3}$/.test(text)) throw new InvalidArgumentError('It must be a number from 1 to 9999.');
  return Number(text);
}

async function read(context: CliContext, limit: number): Promise<AuditEntry[]> {
  const gateway = await findGateway(context.settings);
  if (gateway) return (await gateway.get<{ entries: AuditEntry[] }>(`/history?limit=${limit}`)).entries;
  const entries = await readAudit(stateFiles(context.settings.dataFolder).audit);
  return entries.reverse().slice(0, limit);
}

/** A line a change; below the changes of one epoch the reason, which they share. */
function historyLines(
  entries: readonly AuditEntry[],
  context: Pick<CliContext, 'width' | 'tableWidth' | 'style'>,
): string[] {
  const columns = [
    { title: 'TIME' },
    { title: 'ROUTE' },
    { title: 'CHANGE' },
    { title: 'WHO', shrinks: true },
  ];
  const rows = entries.map(({ time, route, from, to, who, skipped, decided, lifted }) => [
    localTime(time),
    route,
    skipped ? `write ${decided ?? 'skipped'}` : lifted ? 'alarm lifted' : `${from} → ${to}`,
    who,
  ]);
  const [title = '', ...lines] = tableLines(columns, rows, context.tableWidth, (text, _column, row) =>
    row === 'title' ? context.style('bold', text) : text,
  );
  const indent = ' '.repeat(21);
  const shown = [title];
  for (const [i, entry] of entries.entries()) {
    shown.push(lines[i] ?? '');
    if (entry.lacking)
      for (const line of wrap(`without evidence: ${entry.lacking}`, context.width - indent.length))
        shown.push(indent + context.style('yellow', line));
    if (entry.alarm)
      for (const line of wrap(`in spite of an alarm: ${entry.alarm}`, context.width - indent.length))
        shown.push(indent + context.style('red', line));
    if (entry.unwritten)
      for (const line of wrap(
        `the flag file could not be written: ${entry.unwritten.reason}`,
        context.width - indent.length,
      ))
        shown.push(indent + context.style('yellow', line));
    const next = entries[i + 1];
    if (next?.epoch === entry.epoch && next.why === entry.why) continue;
    for (const line of wrap(entry.why, context.width - indent.length))
      shown.push(indent + context.style('dim', line));
  }
  return shown;
}
