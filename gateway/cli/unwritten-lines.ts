/** What is in force and not in the flag file, for the terminal: how the two differ, and the lines to change. */
import type { UnwrittenFlags } from '../flags/model.ts';
import type { CliContext } from './context.ts';
import { localTime, wrap } from './table.ts';

export function unwrittenLines(
  { routes, edits }: UnwrittenFlags,
  { width, style }: Pick<CliContext, 'width' | 'style'>,
): string[] {
  const reason = routes.at(-1)?.reason ?? '';
  const said = `The flag file could not be written (${reason}). What it says is not what is in force:`;
  return [
    ...wrap(said, width).map((line) => style('yellow', line)),
    ...routes.map(
      ({ route, mode, said, by, since }) =>
        `  ${route}: ${mode} is in force, the file says ${said} (${by}, ${localTime(since)})`,
    ),
    ...(edits.length > 0 ? ['Change it there, or make the file writable and repeat the command:'] : []),
    ...edits.flatMap(({ line, was, becomes }) => [
      style('dim', was === undefined ? `  before line ${line}` : `  line ${line}`),
      ...(was === undefined ? [] : was.split('\n').map((text) => style('red', `  - ${text}`))),
      ...becomes.split('\n').map((text) => style('green', `  + ${text}`)),
    ]),
  ];
}
