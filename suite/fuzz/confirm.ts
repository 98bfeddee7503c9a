/**
 * Shows a find once more on fresh backends, and writes it as a recording that anyone can replay; the recording is
 * replayed at once, to see that it shows the divergence too.
 */
import type { AcceptedRule } from '@banyan/compare/accept.ts';
import { readRecording } from '@banyan/gateway/record/read-recording.ts';
import type { RouteTable } from '@banyan/route-table/route-table.ts';
import type { RunningBackend } from '../running-backend.ts';
import { runSuite } from '../suite.ts';
import type { Drawn } from './drawn.ts';
import type { Find } from './hunt.ts';
import type { Part, Played } from './play/play.ts';
import type { Flippable, Sides } from './play/sides.ts';
import { writeRecording } from './recording.ts';

export interface ConfirmOptions {
  table: RouteTable;
  rules: readonly AcceptedRule[];
  today: string;
  startLegacy: () => Promise<RunningBackend>;
  startNew: () => Promise<Flippable>;
  play: (sides: Sides, drawn: readonly Drawn[]) => Promise<Played>;
  /** Where recordings go. */
  folder: string;
  /** What the same two backends had been sent before, sequence by sequence, the last one last. */
  before: readonly (readonly Drawn[])[];
}

export type Confirmed =
  /** The recording shows it; `exchanges` is how many it has. */
  | { shown: 'by the recording'; name: string; exchanges: number }
  /** Played again it shows, replayed as a recording it does not. */
  | { shown: 'by the sequence alone'; name: string; exchanges: number }
  /** Legacy ends the connection without an answer: a recording has answers, so there is none. */
  | { shown: 'without an answer' }
  /** On fresh backends it does not show, not even after what had been sent before. */
  | { shown: 'never again' };

export async function confirm(options: ConfirmOptions, find: Find): Promise<Confirmed> {
  const exchanges = (await playFresh(options, [find.drawn])) ?? (await afterMore(options, find));
  if (!exchanges) return { shown: 'never again' };
  if (exchanges.some(({ left }) => left.status === 0)) return { shown: 'without an answer' };
  const name = `fuzz-${find.seed}`;
  for (const each of shorter(exchanges)) {
    const file = await writeRecording(options.folder, name, each);
    if (await shows(options, file)) return { shown: 'by the recording', name, exchanges: each.length };
  }
  return { shown: 'by the sequence alone', name, exchanges: exchanges.length };
}

/** What was only looked at, and what was tidied up, is left out where the divergence shows without it. */
function shorter(exchanges: Played['exchanges']): Played['exchanges'][] {
  const last = exchanges.at(-1);
  const without = (...parts: Part[]) =>
    exchanges.filter((each) => each === last || !parts.includes(each.part));
  return [without('look', 'tidy'), without('look'), exchanges];
}

/** It may take what came before it, on the same backends: one sequence, then four, then all that are known. */
async function afterMore(options: ConfirmOptions, { drawn }: Find): Promise<Played['exchanges'] | undefined> {
  const { before } = options;
  for (const count of new Set([1, 4, before.length].map((each) => Math.min(each, before.length)))) {
    const found = count > 0 && (await playFresh(options, [...before.slice(-count), drawn]));
    if (found) return found;
  }
  return undefined;
}

async function playFresh(
  { startLegacy, startNew, play }: ConfirmOptions,
  sequences: readonly (readonly Drawn[])[],
): Promise<Played['exchanges'] | undefined> {
  const [left, right] = await Promise.all([startLegacy(), startNew()]);
  try {
    const exchanges: Played['exchanges'] = [];
    for (const drawn of sequences) {
      const played = await play({ left, right }, drawn);
      exchanges.push(...played.exchanges);
      if (played.divergence) return exchanges;
    }
    return undefined;
  } finally {
    await Promise.all([left.close(), right.close()]);
  }
}

async function shows(options: ConfirmOptions, file: string): Promise<boolean> {
  const { table, rules, today, startLegacy, startNew } = options;
  const recording = await readRecording(file);
  const patience = 3000;
  const outcomes = await runSuite({
    table,
    rules,
    today,
    startLegacy,
    startNew,
    patience,
    recordings: [recording],
  });
  return outcomes.some(({ compared }) =>
    compared.some(({ pair, judgement }) => pair === 'legacy-new' && judgement.verdict === 'divergent'),
  );
}
