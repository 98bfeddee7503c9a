/** An import's report, for the terminal. */
import { type Counts, type ImportReport, type NoteName, noteKinds } from '../../migrations/import/report.ts';
import type { CliContext } from './context.ts';
import { wrap } from './table.ts';

/** Of one kind; `--json` has them all. */
const shownOfAKind = 5;

type Shown = Pick<CliContext, 'width' | 'style'>;

export function importReportLines(report: ImportReport, context: Shown): string[] {
  const { dryRun, source, done, verified, took } = report;
  const would = dryRun ? 'would be ' : '';
  const seconds = (took / 1000).toFixed(1);
  return [
    context.style('bold', dryRun ? 'Dry run: nothing was changed.' : `Imported in ${seconds} s.`),
    `  Read: ${countsOf(source)}.`,
    `  Chats: ${done.brought} ${would}brought over, ${done.updated} ${would}brought up to date, ${done.alreadyHere} already here, ${done.kept} kept as they are here.`,
    ...notesOf(report, context),
    ...(verified ? verdict(verified, context) : []),
  ];
}

function countsOf({ chats, unlisted, messages, documents, chunks }: Counts): string {
  const count = (n: number, what: string) => `${n.toLocaleString('en-US')} ${what}${n === 1 ? '' : 's'}`;
  return [
    count(chats, 'chat'),
    `${unlisted.toLocaleString('en-US')} in no list`,
    count(messages, 'message'),
    count(documents, 'document'),
    count(chunks, 'chunk'),
  ].join(', ');
}

function notesOf({ notes }: ImportReport, { width, style }: Shown): string[] {
  const kinds = (Object.keys(noteKinds) as NoteName[]).filter((kind) =>
    notes.some((note) => note.kind === kind),
  );
  return kinds.flatMap((kind) => {
    const { outcome, says } = noteKinds[kind];
    const of = notes.filter((note) => note.kind === kind);
    const lines = wrap(`${of.length} × ${outcome}: ${says}`, width - 2);
    const shown = of.slice(0, shownOfAKind).map(({ about, detail }) => {
      const line = `    ${printable(detail ? `${about}: ${detail}` : about)}`;
      return style('dim', line.length > width ? `${line.slice(0, width - 1)}…` : line);
    });
    const more =
      of.length > shownOfAKind ? [style('dim', `    and ${of.length - shownOfAKind} more (--json)`)] : [];
    const colour = outcome === 'left out' ? 'yellow' : 'reset';
    return ['', ...lines.map((line) => style(colour, `  ${line}`)), ...shown, ...more];
  });
}

/** Ids and titles are anybody's: nothing in them reaches the terminal as a command. */
const printable = (text: string) => text.replace(/[\p{Cc}\p{Cs}]/gu, '�');

function verdict(
  { counted, asked, agreed, missedByChroma, faults }: NonNullable<ImportReport['verified']>,
  { style }: Shown,
): string[] {
  const missed =
    missedByChroma > 0
      ? `; ${missedByChroma} times Chroma, which searches approximately, missed a nearer one`
      : '';
  const lines = [
    '',
    `  Counted again: ${counted.toLocaleString('en-US')} chats. Neighbours asked for: ${asked} vectors, ${agreed} alike${missed}.`,
  ];
  if (faults.length === 0) return [...lines, style('green', '  What is in the database is what was read.')];
  return [
    ...lines,
    style('red', `  ${faults.length} things are not as they were read:`),
    ...faults.slice(0, 20).map((fault) => `    ${printable(fault)}`),
  ];
}
