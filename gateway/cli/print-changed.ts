/** Shows what a flip or a rollback has changed. */
import type { CliContext } from './context.ts';
import type { Changed } from './flags-access.ts';
import { tableLines, wrap } from './table.ts';
import { unwrittenLines } from './unwritten-lines.ts';

/**
 * @param otherwise what to say where nothing changed
 * @param json prints all of it as JSON instead
 */
export function printChanged(context: CliContext, all: Changed, otherwise: string, json = false): void {
  const { changed, epoch, inForce, unwritten } = all;
  if (json) {
    context.print(JSON.stringify(all, null, 2));
    return;
  }
  if (changed.length === 0) {
    context.print(`${otherwise}; nothing has changed.`);
    if (unwritten) for (const line of unwrittenLines(unwritten, context)) context.print(line);
    return;
  }
  const rows = changed.map(({ route, from, to }) => [route, `${from} → ${to}`]);
  const lines = tableLines([{ title: '' }, { title: '' }], rows, context.tableWidth, (text) => text);
  for (const line of lines.slice(1)) context.print(line);
  for (const { route, lacking, alarm } of changed) {
    if (lacking) print(context, 'yellow', `${route} has no evidence: ${lacking}`);
    if (alarm) print(context, 'red', `${route} is flipped in spite of an alarm: ${alarm}`);
  }
  if (inForce) print(context, 'green', `In force (epoch ${epoch}).`);
  else
    print(
      context,
      'yellow',
      'No gateway is running: the flag file says so now, and the next start puts it in force.',
    );
  if (unwritten) for (const line of unwrittenLines(unwritten, context)) context.print(line);
}

function print(context: CliContext, style: 'red' | 'yellow' | 'green', text: string): void {
  for (const line of wrap(text, context.width)) context.print(context.style(style, line));
}
