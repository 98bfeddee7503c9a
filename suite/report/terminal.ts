/** What a person sees of a run: each divergence when it is found, and a table by route at the end. */
import type { Difference } from '@banyan/compare/answer.ts';
import type { Compared, Noise, Pair } from '../compared.ts';
import type { ProbeVerdict } from '../probes.ts';
import type { Result, RouteResult } from '../result.ts';
import type { Standing, Standings } from './standing.ts';

export type Style = 'red' | 'green' | 'yellow' | 'dim' | 'bold';
export type Paint = (style: Style, text: string) => string;

const sides: Record<Pair, { title: string; left: string; right: string }> = {
  'recording-legacy': { title: 'legacy does not answer as recorded', left: 'recorded', right: 'legacy' },
  'legacy-new': { title: 'the new backend does not answer as legacy does', left: 'legacy', right: 'new' },
};

/** Differences shown of one exchange; the rest is in result.json. */
const SHOWN = 5;
const WIDEST = 160;

export function divergenceLines(
  { recording, index, method, target, pair, judgement }: Compared,
  paint: Paint,
): string[] {
  const { title, left, right } = sides[pair];
  const { differences } = judgement;
  const rest = differences.length - SHOWN;
  return [
    `${paint('red', '✗')} ${paint('bold', `${recording} #${index + 1}`)}  ${method} ${target}  ${paint('dim', title)}`,
    ...differences.slice(0, SHOWN).flatMap((difference) => differenceLines(difference, left, right, paint)),
    ...(rest > 0 ? [`    … and ${rest} more, in the result file`] : []),
  ];
}

function differenceLines(
  { place, kind, note, ...values }: Difference,
  left: string,
  right: string,
  paint: Paint,
): string[] {
  const width = Math.max(left.length, right.length);
  const value = (name: string, text: string) =>
    `      ${name.padEnd(width)}  ${text === '' ? paint('dim', '(nothing)') : cut(text)}`;
  return [
    `    ${paint('bold', place)}  ${kind}${note ? paint('dim', ` (${note})`) : ''}`,
    value(left, values.left),
    value(right, values.right),
  ];
}

const cut = (text: string) => (text.length > WIDEST ? `${text.slice(0, WIDEST - 1)}…` : text);

const columns = ['exchanges', 'matched', 'accepted', 'divergent', 'untested'] as const;

export function resultLines(result: Result, standings: Standings, paint: Paint): string[] {
  const rows = Object.entries(result.routes);
  const width = Math.max(...rows.map(([key]) => key.length), 'route'.length);
  const cells = (row: Pick<RouteResult, (typeof columns)[number]>) =>
    columns.map((name) => String(row[name]).padStart(name.length)).join('  ');
  return [
    '',
    paint('bold', `${'route'.padEnd(width)}  ${columns.join('  ')}  evidence   in this run`),
    ...rows.map(([key, row]) => {
      const standing = standings[key] ?? 'uncovered';
      return `${key.padEnd(width)}  ${cells(row)}  ${paint(colours[standing], standing.padEnd(9))}  ${row.state}`;
    }),
    paint('bold', `${'all'.padEnd(width)}  ${cells(result)}`),
    '',
    ...notes(result, paint),
  ];
}

const colours: Record<Standing, Style> = {
  green: 'green',
  divergent: 'red',
  uncovered: 'yellow',
  stale: 'yellow',
};

function notes(result: Result, paint: Paint): string[] {
  const { acceptedBy, tolerated, volatile, repeats, expiredRules, unusedRules, untested, divergent } = result;
  const list = (counts: Record<string, number>) =>
    Object.entries(counts)
      .map(([name, count]) => `${name} ${count}`)
      .join(', ');
  return [
    `Ids and times matched by rule: ${volatile}.`,
    ...(repeats > 0 ? [`Reads repeated until an upload was as far as recorded: ${repeats}.`] : []),
    ...(Object.keys(tolerated).length > 0 ? [`Not compared: ${list(tolerated)}.`] : []),
    ...(Object.keys(acceptedBy).length > 0 ? [`Accepted differences by rule: ${list(acceptedBy)}.`] : []),
    promptsLine(result, paint),
    ...(result.retired.length > 0
      ? [`Retired quirks, whose differences are expected: ${result.retired.join(', ')}.`]
      : []),
    ...result.noise.flatMap((noise) => noiseLines(noise, paint)),
    ...result.values.undeclared.map(({ route, place, what }) =>
      paint('red', `The route table misses a field: ${route}, ${place}: ${what}.`),
    ),
    ...result.values.unseen.map(({ route, place, what }) =>
      paint('dim', `A field of the route table that was not seen: ${route}, ${place}: ${what}.`),
    ),
    ...Object.entries(result.probes).flatMap(([route, probe]) => probeLines(route, probe, paint)),
    ...unusedRules.map((name) =>
      paint('red', `The accepted divergence "${name}" was not used by any recording: remove it.`),
    ),
    ...expiredRules.map((name) =>
      paint('red', `The accepted divergence "${name}" has expired: renew or remove it.`),
    ),
    ...(untested > 0
      ? [
          paint(
            'yellow',
            `${untested === 1 ? '1 exchange was' : `${untested} exchanges were`} replayed against legacy alone, not passed: ${notAsked(result)}.`,
          ),
        ]
      : []),
    divergent > 0 ? paint('red', `${divergent} exchanges diverge.`) : paint('green', 'No divergence.'),
  ];
}

function probeLines(route: string, { state, fault }: ProbeVerdict, paint: Paint): string[] {
  if (state === 'proven') return [];
  return state === 'wrong'
    ? [paint('red', `The probe of ${route} is wrong, so the route gets no evidence: ${fault}.`)]
    : [paint('yellow', `The probe of ${route} was never tried: no recording has such a write by itself.`)];
}

const notAsked = ({ retired }: Result) =>
  retired.length === 0
    ? 'no TypeScript yet'
    : 'no TypeScript yet, or what a backend without the quirk would do and legacy refused';

function promptsLine({ prompts }: Result, paint: Paint): string {
  if (prompts !== 'unseen') return `Prompts compared: those of ${prompts} exchanges.`;
  return paint(
    'yellow',
    'Prompts were not compared: no relay showed what the backends sent to the model (--relay).',
  );
}

function noiseLines({ recording, index, request, unexplained }: Noise, paint: Paint): string[] {
  const where = `${recording} #${index + 1}  ${request}`;
  return unexplained.length > 0
    ? [
        paint(
          'red',
          `${where}: two fresh legacy apps differ too, in ${unexplained.join(', ')}. No volatile rule covers that: the route table needs a field there.`,
        ),
      ]
    : [paint('red', `${where}: legacy agrees with itself, and not with the recording: make it anew.`)];
}
