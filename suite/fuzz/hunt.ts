/** Plays the sequence of one seed, and where the sides diverge finds the shortest one that still shows it. */

import { generalised } from '@banyan/compare/json/places.ts';
import fc from 'fast-check';
import type { Drawn } from './drawn.ts';
import type { PlayedExchange } from './play/conversation.ts';
import type { Played } from './play/play.ts';

export interface HuntOptions {
  seed: number;
  sequences: fc.Arbitrary<Drawn[]>;
  play: (drawn: readonly Drawn[]) => Promise<Played>;
  /** Divergences that need not be looked into, by what tells them apart. */
  known?: ReadonlySet<string>;
  /** How long shrinking may take, in milliseconds. */
  budget?: number;
}

export interface Hunted {
  /** As drawn. */
  first: Played;
  find?: Find;
}

export interface Find {
  seed: number;
  /** What tells this divergence from others: route, place and kind of its first difference. */
  signature: string;
  divergence: PlayedExchange;
  /** The shortest sequence found that shows it. */
  drawn: readonly Drawn[];
  /** How many sequences were tried to find it; 0 where it was not looked for. */
  attempts: number;
}

const BUDGET = 60_000;

export async function hunt({ seed, sequences, play, known, budget = BUDGET }: HuntOptions): Promise<Hunted> {
  let first: Played | undefined;
  let find: Find | undefined;
  let attempts = 0;
  let until = Number.POSITIVE_INFINITY;
  const property = fc.asyncProperty(sequences, async (drawn) => {
    // Out of time: everything that is tried from now on counts as no better.
    if (performance.now() > until) return true;
    attempts += 1;
    const played = await play(drawn);
    first ??= played;
    if (!played.divergence) return true;
    const signature = signatureOf(played.divergence);
    if (find && signature !== find.signature) return true;
    if (!find) until = performance.now() + (known?.has(signature) ? 0 : budget);
    find = { seed, signature, divergence: played.divergence, drawn, attempts: attempts - 1 };
    return false;
  });
  const { errorInstance } = await fc.check(property, { seed, numRuns: 1 });
  if (!first) throw errorInstance ?? new Error('no sequence was drawn');
  if (!find) return { first };
  const shrunk = { ...find, attempts: attempts - 1 };
  return { first, find: known?.has(shrunk.signature) ? shrunk : await withoutLooks(shrunk, play, until) };
}

const LOOKS = ['GET', 'HEAD'];

/**
 * Leaves out one request after the other. A read that was drawn may be what showed it first, where the reads at the end
 * show the same loss without it: then the find goes by what those show, and may take fewer requests still.
 */
async function withoutLooks(find: Find, play: HuntOptions['play'], until: number): Promise<Find> {
  let { attempts } = find;
  for (let i = find.drawn.length - 1; i >= 0 && performance.now() < until; i -= 1) {
    const drawn = find.drawn.toSpliced(i, 1);
    attempts += 1;
    const { divergence } = await play(drawn);
    if (!divergence) continue;
    const signature = signatureOf(divergence);
    if (signature === find.signature || LOOKS.includes(find.drawn[i]?.method ?? ''))
      return withoutLooks({ ...find, attempts, signature, divergence, drawn }, play, until);
  }
  return { ...find, attempts };
}

function signatureOf({ route, request, judgement }: PlayedExchange): string {
  const [difference] = judgement.differences;
  const place = generalised(difference?.place ?? '').replace(/\d+/g, 'N');
  return `${route} (${request.method}): ${place} ${difference?.kind}`;
}
