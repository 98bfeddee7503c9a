/** What a person sees of a run of generated sequences. */
import { divergenceLines, type Paint } from '../report/terminal.ts';
import type { Tally } from './campaign.ts';
import type { Confirmed } from './confirm.ts';
import type { Drawn } from './drawn.ts';
import type { Find } from './hunt.ts';

/** A seed that changes with the day and is the same all day: `20260131`. */
export function seedOfDay(today: string): number {
  return Number(today.replaceAll('-', ''));
}

/** Options that whoever shows a find again has to give too. */
export interface SameOptions {
  /** Of both commands. */
  both: string;
  /** Where recordings of finds are, for `npm run contract`. */
  recordings: string;
}

export function findLines(
  find: Find,
  confirmed: Confirmed,
  paint: Paint,
  same: SameOptions = { both: '', recordings: '' },
): string[] {
  const { seed, divergence, drawn, attempts } = find;
  const { request, route, judgement, left, right, volatile } = divergence;
  const { method, target } = request;
  const compared = {
    recording: `seed ${seed}`,
    index: drawn.length - 1,
    route,
    method,
    target: short(target),
    request,
    pair: 'legacy-new' as const,
    judgement,
    tolerated: [],
    volatile,
    repeats: 0,
    left,
    right,
  };
  return [
    ...divergenceLines(compared, paint),
    `    ${bodyOf(request.body)}`,
    ...drawn.flatMap(stepLines),
    paint('dim', `    ${drawn.length} requests, the shortest of ${attempts} sequences tried`),
    `    ${outcomes[confirmed.shown](confirmed as never, seed, same)}`,
  ];
}

const outcomes: {
  [Shown in Confirmed['shown']]: (
    confirmed: Confirmed & { shown: Shown },
    seed: number,
    same: SameOptions,
  ) => string;
} = {
  'by the recording': ({ name }, _, { both, recordings }) =>
    `npm run contract -- --recording ${name}${recordings}${both}`,
  'by the sequence alone': ({ name }, seed, { both }) =>
    `npm run fuzz -- --runs 1 --seed ${seed}${both}   (the recording ${name} does not show it when it is replayed)`,
  'without an answer': (_, seed, { both }) =>
    `npm run fuzz -- --runs 1 --seed ${seed}${both}   (legacy gives no answer, and so there is no recording)`,
  'never again': (_, seed, { both }) =>
    `npm run fuzz -- --runs 1 --seed ${seed}${both}   (it did not show again on fresh backends)`,
};

/** A sequence with flips is told whole: a recording has no place for them. */
function stepLines({ flips, method, target, body }: Drawn): string[] {
  if (!flips) return [];
  const flipped = Object.entries(flips).map(([route, mode]) => `    flip ${route} ${mode}`);
  return [...flipped, `    ${method} ${short(target)}, ${bodyOf(body)}`];
}

const short = (text: string) => (text.length > 100 ? `${text.slice(0, 99)}…` : text);

function bodyOf(body: Buffer | undefined): string {
  if (!body) return 'no body';
  const text = JSON.stringify(body.subarray(0, 120).toString('latin1'));
  return `body of ${body.length} bytes: ${text}`;
}

/** @param took milliseconds */
export function tallyLines(tally: Tally, took: number, paint: Paint): string[] {
  const { sequences, exchanges, flips, byRoute, acceptedBy, finds, faults } = tally;
  const rate = Math.round((exchanges * 1000) / took);
  const rows = Object.entries(byRoute).toSorted(([, a], [, b]) => b - a);
  const found = Object.entries(finds);
  return [
    '',
    ...rows.map(([route, count]) => `${String(count).padStart(9)}  ${route}`),
    '',
    `${sequences} sequences, ${flips ? `${flips} flips, ` : ''}${exchanges} exchanges compared in ${(took / 1000).toFixed(1)} s, ${rate} a second.`,
    ...Object.entries(acceptedBy).map(([rule, count]) => `Accepted by ${rule}: ${count}.`),
    ...Object.entries(faults).map(([fault, count]) => paint('red', `${count} times ${fault}`)),
    ...(found.length === 0
      ? [paint('green', 'No divergence.')]
      : [
          paint('red', `${found.length} different divergences:`),
          ...found.map(([signature, count]) => `${String(count).padStart(9)}  ${signature}`),
        ]),
  ];
}
