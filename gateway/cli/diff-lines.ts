/** A diff of both backends for a terminal: counts, then what differs, unified, legacy's lines first. */
import type { ShownDifference } from '../continuity/comparison/outcome.ts';
import type { DiffProgress, DiffReport, KeyDifferences } from '../continuity/diff/report.ts';
import { progressBar } from '../terminal/progress-bar.ts';
import type { CliContext } from './context.ts';
import { wrapped } from './table.ts';

type Look = Pick<CliContext, 'width' | 'style'>;

/** Columns: a diff is read, and pasted, where lines are no longer. */
const widest = 80;
/** Lines of one value. */
const tallest = 6;

const stages: Record<DiffProgress['stage'], string> = {
  listing: 'reading the lists',
  comparing: 'comparing',
  settling: 'looking again',
};

export function progressLine({ stage, done, total, different }: DiffProgress): string {
  const found = different > 0 ? `, ${count(different)} different` : '';
  const of = `${count(done)} of ${count(total)}${found}`;
  return stage === 'listing' ? `${stages[stage]} …` : `${stages[stage]} ${progressBar(done, total)}  ${of}`;
}

export function reportLines(report: DiffReport, look: Look): string[] {
  const { outcome, reason, counts, different, undecided, legacyLacks, kinds } = report;
  if (outcome === 'cancelled') return ['The diff was ended before it had compared everything.'];
  if (outcome === 'failed') return within(`The diff failed: ${reason ?? 'the log says why'}.`, look);
  const left = counts.disturbed + counts.unavailable;
  return [
    ...within(
      `${count(counts.compared)} compared in ${secondsOf(report)} s: ${count(counts.equal)} equal, ${count(counts.different)} different, ${count(left)} not decided.`,
      look,
    ),
    ...(counts.legacyLacks > 0
      ? within(
          `In ${count(counts.legacyLacks)} of the equal ones legacy lacks what it forgets in a restart, and the new backend has it.`,
          look,
        )
      : []),
    ...kinds
      .filter(({ isListed }) => !isListed)
      .flatMap(({ kind }) =>
        within(`Nothing lists the entities of "${kind}", so they were not compared.`, look),
      ),
    ...different.flatMap((each) => keyLines(each, look, 'red')),
    ...more(counts.different - different.length, 'keys differ'),
    ...legacyLacks.flatMap((each) => keyLines(each, look, 'yellow')),
    ...more(counts.legacyLacks - legacyLacks.length, 'keys are ones of which legacy lacks something'),
    ...(undecided.length > 0 ? ['', look.style('yellow', 'not decided')] : []),
    ...undecided.flatMap(({ key, reason }) => within(`${key}: ${reason}`, look, '  ')),
    ...more(left - undecided.length, 'keys are not decided'),
    ...(outcome === 'clean' ? [look.style('green', 'Both backends show the same.')] : []),
  ];
}

/** What a key shows differently. */
export function keyLines(
  { key, differences, more: rest }: KeyDifferences,
  look: Look,
  colour: 'red' | 'yellow',
): string[] {
  return [
    '',
    look.style(colour, fitted(key, look)),
    ...differences.flatMap((difference) => differenceLines(difference, look)),
    ...(rest > 0 ? [`  and ${rest} more differences`] : []),
  ];
}

function differenceLines({ route, place, kind, note, left, right }: ShownDifference, look: Look): string[] {
  const what = `${route}: ${place} (${kind}${note === undefined ? '' : `, ${note}`})`;
  return [
    ...within(what, look, '  '),
    ...valueLines(left, look).map((line) => look.style('red', `  - ${line}`)),
    ...valueLines(right, look).map((line) => look.style('green', `  + ${line}`)),
  ];
}

/** None for a side that has nothing there. */
function valueLines(value: string, look: Look): string[] {
  if (value === '') return [];
  const size = widthOf(look) - 4;
  const lines = value.split('\n').flatMap((line) => line.match(new RegExp(`.{1,${size}}`, 'gu')) ?? ['']);
  return lines.length > tallest ? [...lines.slice(0, tallest - 1), '…'] : lines;
}

const widthOf = ({ width }: Look) => Math.min(width, widest);
const fitted = (text: string, look: Look) =>
  text.length > widthOf(look) ? `${text.slice(0, widthOf(look) - 1)}…` : text;
const within = (text: string, look: Look, before = '') => wrapped(text, widthOf(look), before);
const more = (rest: number, words: string) => (rest > 0 ? ['', `${count(rest)} more ${words}.`] : []);
const count = (number: number) => number.toLocaleString('en-US');
const secondsOf = ({ started, ended }: DiffReport) =>
  Math.max(1, Math.round((Date.parse(ended) - Date.parse(started)) / 1000));
