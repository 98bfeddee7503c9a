/** An import's report in words, for the terminal. */
import { type Counts, type ImportReport, type NoteName, noteKinds } from './report.ts';

/** Of one kind; the report as JSON has them all. */
const shownOfAKind = 5;

export interface ReportLine {
  text: string;
  indent?: number;
  tone?: 'strong' | 'good' | 'warning' | 'bad' | 'faint';
  fit?: 'wrap' | 'cut';
}

export function importReportLines(report: ImportReport): ReportLine[] {
  const { dryRun, source, done, verified, took } = report;
  const would = dryRun ? 'would be ' : '';
  const seconds = (took / 1000).toFixed(1);
  return [
    { text: dryRun ? 'Dry run: nothing was changed.' : `Imported in ${seconds} s.`, tone: 'strong' },
    { text: `Read: ${countsOf(source)}.`, indent: 2 },
    {
      text: `Chats: ${done.brought} ${would}brought over, ${done.updated} ${would}brought up to date, ${done.alreadyHere} already here, ${done.kept} kept as they are here.`,
      indent: 2,
    },
    ...notesOf(report),
    ...(verified ? verdict(verified) : []),
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

function notesOf({ notes }: ImportReport): ReportLine[] {
  const kinds = (Object.keys(noteKinds) as NoteName[]).filter((kind) =>
    notes.some((note) => note.kind === kind),
  );
  return kinds.flatMap((kind): ReportLine[] => {
    const { outcome, says } = noteKinds[kind];
    const of = notes.filter((note) => note.kind === kind);
    const head: ReportLine = { text: `${of.length} × ${outcome}: ${says}`, indent: 2, fit: 'wrap' };
    const shown = of.slice(0, shownOfAKind).map(({ about, detail }): ReportLine => {
      const text = detail ? `${about}: ${detail}` : about;
      return { text, indent: 4, tone: 'faint', fit: 'cut' };
    });
    const left = of.length - shownOfAKind;
    const more: ReportLine[] =
      left > 0 ? [{ text: `and ${left} more (--json)`, indent: 4, tone: 'faint' }] : [];
    return [{ text: '' }, outcome === 'left out' ? { ...head, tone: 'warning' } : head, ...shown, ...more];
  });
}

function verdict({
  counted,
  asked,
  agreed,
  missedByChroma,
  faults,
}: NonNullable<ImportReport['verified']>): ReportLine[] {
  const missed =
    missedByChroma > 0
      ? `; ${missedByChroma} times Chroma, which searches approximately, missed a nearer one`
      : '';
  const lines: ReportLine[] = [
    { text: '' },
    {
      text: `Counted again: ${counted.toLocaleString('en-US')} chats. Neighbours asked for: ${asked} vectors, ${agreed} alike${missed}.`,
      indent: 2,
    },
  ];
  if (faults.length === 0)
    return [...lines, { text: 'What is in the database is what was read.', indent: 2, tone: 'good' }];
  return [
    ...lines,
    { text: `${faults.length} things are not as they were read:`, indent: 2, tone: 'bad' },
    ...faults.slice(0, 20).map((text) => ({ text, indent: 4 })),
  ];
}
