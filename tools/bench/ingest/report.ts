/** What a run says, for the terminal. */
import { table } from '../table.ts';
import type { Measured } from './measure.ts';

export interface IngestRun {
  /** What it was measured with. */
  setting: string;
  results: { legacy?: Measured; new?: Measured };
  /** What other programs used of the machine, 0 to 1. */
  others: number;
}

/** What issue and README aim at. */
const aims = { ratio: 2, loop: 20 };

export function ingestReport({ setting, results, others }: IngestRun): string {
  const { legacy, new: ours } = results;
  const rows = Object.entries(results).map(([name, { seconds, pages, chunks, cpu, loop, memory }]) => [
    name,
    ...[seconds, pages / seconds, chunks / seconds].map((value) => value.toFixed(1)),
    ((1000 * cpu) / pages).toFixed(0),
    ...(loop ? [loop.p50, loop.p99, loop.max].map((value) => value.toFixed(1)) : ['', '', '']),
    ...[memory.first, memory.last].map((bytes) => (bytes / 1024 / 1024).toFixed(0)),
  ]);
  const head = [
    '',
    's',
    'pages/s',
    'chunks/s',
    'CPU ms/page',
    'loop p50 ms',
    'p99',
    'max',
    'MB first',
    'MB last',
  ];
  const verdicts = [
    ...(legacy && ours ? [compared(legacy, ours)] : []),
    ...(ours?.loop
      ? [
          `Event loop: p99 ${ours.loop.p99.toFixed(1)} ms, ${met(ours.loop.p99 < aims.loop)} (under ${aims.loop} ms).`,
        ]
      : []),
    `Other programs used ${Math.round(others * 100)} % of the machine.`,
  ];
  return `Banyan benchmark: PDFs taken in\n  ${setting}\n\n${table(head, rows)}\n\n${verdicts.join('\n')}\n`;
}

function compared(legacy: Measured, ours: Measured): string {
  const ratio = ours.pages / ours.seconds / (legacy.pages / legacy.seconds);
  const chunks =
    ours.chunks === legacy.chunks ? 'the same chunks' : `OTHER CHUNKS: ${ours.chunks} and ${legacy.chunks}`;
  const byCpu = (legacy.cpu / legacy.pages / (ours.cpu / ours.pages)).toFixed(2);
  return `${ratio.toFixed(2)} times legacy, ${met(ratio >= aims.ratio)} (${aims.ratio}), ${chunks}; ${byCpu} times the pages for the same processor time, which other programs disturb less.`;
}

const met = (is: boolean) => (is ? 'as aimed at' : 'short of the aim');
