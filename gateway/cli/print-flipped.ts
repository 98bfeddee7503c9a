/** Shows what came of a flip or a rollback: what changed, what is left behind, and what legacy lacks. */
import type { AtOnceAnswer } from '../console/api.ts';
import type { LackedWrite, LackState } from '../continuity/journal/lacked-writes.ts';
import { leftItems } from '../preview/flags.ts';
import { byKey, lostItems } from '../preview/journal.ts';
import type { CliContext } from './context.ts';
import { exitCodes } from './failure.ts';
import type { Flipped } from './flags-access.ts';
import { printChanged } from './print-changed.ts';
import { wrap, wrapped } from './table.ts';

type Look = Pick<CliContext, 'width' | 'style'>;

/**
 * Exits with 3 if something is left.
 * @param otherwise what to say where nothing changed, and nothing is left behind
 */
export function printFlipped(context: CliContext, flipped: Flipped, otherwise: string, json: boolean): void {
  const { changed, left, atOnce } = flipped;
  if (left.length > 0 || (atOnce && !isEven(atOnce))) context.exitCode = exitCodes.incomplete;
  const isAllLeft = changed.length === 0 && left.length > 0;
  printChanged(context, flipped, isAllLeft ? 'No route can go back' : otherwise, json);
  if (json) return;
  for (const line of restLines(flipped, context)) context.print(line);
}

export function restLines({ restored, left, atOnce }: Flipped, context: Look): string[] {
  return [
    ...(restored
      ? wrap(
          'The flag file had faults: its last good text was put back first, and the faulty text is kept in the data folder (flags/faulty-….yaml).',
          context.width,
        ).map((line) => context.style('yellow', line))
      : []),
    ...leftLines(left, context),
    ...(atOnce ? atOnceLines(atOnce, left.length > 0, context) : []),
  ];
}

function leftLines(left: Flipped['left'], context: Look): string[] {
  if (left.length === 0) return [];
  const head = `Left behind: ${left.length === 1 ? 'this route stays' : `these ${left.length} routes stay`} on the new backend.`;
  return [context.style('yellow', head), ...itemLines(leftItems(left), context)];
}

const isEven = (atOnce: AtOnceAnswer) =>
  !('unknown' in atOnce) && atOnce.lacks.length + atOnce.held.length + atOnce.lost.length === 0;

/** In the order in which they are told, with how many and what they are. */
const lacked: Record<LackState, (count: number) => string> = {
  stuck: (count) => `${writes(count, 'is', 'are')} stuck; a person has to decide (\`banyan journal\`):`,
  behind: (count) => `${writes(count, 'waits', 'wait')} behind ${count === 1 ? 'it' : 'those'}:`,
  owed: (count) =>
    `${writes(count, 'is', 'are')} still to be given to legacy, as soon as it takes ${count === 1 ? 'it' : 'them'}:`,
  open: (count) => `${writes(count, 'has', 'have')} not come to an end on the new backend:`,
  skipped: (count) =>
    `${writes(count, 'was', 'were')} skipped by a person, so legacy never gets ${count === 1 ? 'it' : 'them'}:`,
};

const writes = (count: number, one: string, several: string) =>
  count === 1 ? `1 write ${one}` : `${count} writes ${several}`;

function atOnceLines(atOnce: AtOnceAnswer, isPartial: boolean, context: Look): string[] {
  const warn = (text: string) => wrap(text, context.width).map((line) => context.style('yellow', line));
  if ('unknown' in atOnce) return warn(`Nobody can say what legacy lacks. ${atOnce.unknown}`);
  const { lacks, held, lost } = atOnce;
  if (isEven(atOnce)) return isPartial ? [] : ['Legacy has everything.'];
  return [
    ...(lacks.length > 0
      ? warn(`Legacy serves at once, without ${writes(lacks.length, '', '').trim()}:`)
      : []),
    ...Object.entries(lacked).flatMap(([state, says]) => {
      const those = lacks.filter((write: LackedWrite) => write.state === state);
      return those.length === 0
        ? []
        : [
            ...wrap(says(those.length), context.width),
            ...itemLines(byKey(those, Number.POSITIVE_INFINITY), context),
          ];
    }),
    ...held.flatMap((key) =>
      wrap(`The new backend is still at work on ${key}: it follows once that is over.`, context.width),
    ),
    ...(lost.length > 0
      ? [
          ...warn(
            `Legacy has lost or forgotten something of ${lost.length === 1 ? 'this key' : `these ${lost.length} keys`}. The new backend goes on serving ${lost.length === 1 ? 'it' : 'them'}; \`banyan legacy adopt KEY\` lets legacy's state stand:`,
          ),
          ...itemLines(lostItems(lost), context),
        ]
      : []),
  ];
}

function itemLines(items: readonly { name: string; says: string[] }[], { width }: Look): string[] {
  return items.flatMap(({ name, says }) => [
    ...wrapped(name, width, '  '),
    ...says.flatMap((text) => wrapped(text, width, '    ')),
  ]);
}
