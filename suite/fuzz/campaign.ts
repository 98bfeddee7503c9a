/**
 * A run of the generator: sequence after sequence on several pairs of backends at once, because one pair alone waits
 * most of the time. Each seed is a sequence; what a sequence finds does not depend on which pair it was played on.
 */
import type { AcceptedRule } from '@banyan/compare/accept.ts';
import type { RouteKey, RouteTable } from '@banyan/route-table/route-table.ts';
import type { RunningBackend } from '../running-backend.ts';
import { type Confirmed, confirm } from './confirm.ts';
import { withFlips } from './draw/flips.ts';
import { sequences } from './draw/sequences.ts';
import type { Drawn } from './drawn.ts';
import type { Grammar } from './grammar.ts';
import { type Find, hunt } from './hunt.ts';
import type { PlayedExchange } from './play/conversation.ts';
import { type Played, play } from './play/play.ts';
import type { Patience } from './play/settle.ts';
import type { Flippable, Sides } from './play/sides.ts';

export interface CampaignOptions {
  table: RouteTable;
  grammar: Grammar;
  rules: readonly AcceptedRule[];
  /** `2026-01-31`. */
  today: string;
  startLegacy: () => Promise<RunningBackend>;
  startNew: () => Promise<Flippable>;
  /** The first sequence's; the next ones follow it. */
  seed: number;
  /** How many sequences. */
  runs: number;
  /** No sequence is begun after so many milliseconds. */
  time?: number | undefined;
  /** Pairs of backends at once. */
  lanes: number;
  /** Sequences that one pair of backends gets before it is replaced by fresh ones; for ever where it is given. */
  renewAfter?: number;
  /** Gives up after so many different finds. */
  most?: number;
  patience?: Patience;
  /** Flips between the requests; `startNew` then starts a gateway. */
  flips?: boolean;
  /** How long the shortest sequence of a find is looked for, in milliseconds. */
  budget?: number;
  /** Where recordings of finds go. */
  folder: string;
  onPlayed?: (tally: Tally) => void;
  onFind?: (find: Find, confirmed: Confirmed) => void;
}

export interface Tally {
  sequences: number;
  exchanges: number;
  /** How often a route got another mode. */
  flips: number;
  byRoute: Record<RouteKey, number>;
  /** Sequences without a divergence that asked a route. */
  sequencesByRoute: Record<RouteKey, number>;
  /** How often each rule of the register accepted a difference. */
  acceptedBy: Record<string, number>;
  /** By what tells them apart: how many sequences showed it. */
  finds: Record<string, number>;
  /** What went wrong behind a gateway that no client saw, and how often. */
  faults: Record<string, number>;
}

const RENEW_AFTER = 40;
const MOST = 12;

export async function campaign(options: CampaignOptions): Promise<Tally> {
  const { seed, runs, time = Number.POSITIVE_INFINITY, most = MOST } = options;
  const tally: Tally = {
    sequences: 0,
    exchanges: 0,
    flips: 0,
    byRoute: {},
    sequencesByRoute: {},
    acceptedBy: {},
    finds: {},
    faults: {},
  };
  const until = performance.now() + time;
  let next = 0;
  const take = () => {
    const over = next >= runs || performance.now() > until || Object.keys(tally.finds).length >= most;
    return over ? undefined : seed + next++;
  };
  const count = Math.max(1, Math.min(options.lanes, runs));
  const lanes = Array.from({ length: count }, () => new Lane(options, tally).run(take));
  // Every lane stops its backends, whichever of them fails.
  await Promise.allSettled(lanes);
  await Promise.all(lanes);
  return tally;
}

/** One pair of backends, and the sequences that it has been sent. */
class Lane {
  readonly #options: CampaignOptions;
  readonly #tally: Tally;
  readonly #drawn: ReturnType<typeof sequences>;
  #sides: Sides | undefined;
  #before: (readonly Drawn[])[] = [];

  constructor(options: CampaignOptions, tally: Tally) {
    this.#options = options;
    this.#tally = tally;
    const { table, grammar, flips } = options;
    const drawn = sequences(table, grammar);
    this.#drawn = flips ? withFlips(table, drawn) : drawn;
  }

  async run(take: () => number | undefined): Promise<void> {
    try {
      for (let seed = take(); seed !== undefined; seed = take()) await this.#hunt(seed);
    } finally {
      await this.#close();
    }
  }

  async #hunt(seed: number): Promise<void> {
    const { renewAfter = RENEW_AFTER, onPlayed, onFind, budget } = this.#options;
    if (this.#before.length >= renewAfter) await this.#renew();
    const known = new Set(Object.keys(this.#tally.finds));
    let asDrawn: readonly Drawn[] | undefined;
    const { first, find } = await hunt({
      seed,
      known,
      sequences: this.#drawn,
      ...(budget !== undefined && { budget }),
      play: async (drawn) => {
        asDrawn ??= drawn;
        const played = await this.#play(await this.#open(), drawn);
        // What diverged left the two in different states.
        if (played.divergence) await this.#close();
        return played;
      },
    });
    count(this.#tally, first);
    onPlayed?.(this.#tally);
    if (!find) {
      if (asDrawn) this.#before.push(asDrawn);
      return;
    }
    const again = this.#tally.finds[find.signature] ?? 0;
    this.#tally.finds[find.signature] = again + 1;
    if (again === 0) onFind?.(find, await this.#confirm(find));
    await this.#renew();
  }

  #play(sides: Sides, drawn: readonly Drawn[]): Promise<Played> {
    const { table, rules, today, grammar, patience } = this.#options;
    return play(
      {
        sides,
        rules: { table, accepted: rules, today },
        leaveOut: grammar.leaveOut,
        ...(patience && { patience }),
      },
      drawn,
    );
  }

  #confirm(find: Find): Promise<Confirmed> {
    const { table, rules, today, startLegacy, startNew, folder } = this.#options;
    const play = (sides: Sides, drawn: readonly Drawn[]) => this.#play(sides, drawn);
    return confirm({ table, rules, today, startLegacy, startNew, folder, play, before: this.#before }, find);
  }

  async #open(): Promise<Sides> {
    if (this.#sides) return this.#sides;
    const { startLegacy, startNew } = this.#options;
    const [left, right] = await Promise.all([startLegacy(), startNew()]);
    this.#sides = { left, right };
    return this.#sides;
  }

  async #renew(): Promise<void> {
    this.#before = [];
    await this.#close();
  }

  async #close(): Promise<void> {
    const sides = this.#sides;
    this.#sides = undefined;
    const { faults } = this.#tally;
    for (const fault of (await sides?.right.faults?.()) ?? []) faults[fault] = (faults[fault] ?? 0) + 1;
    await Promise.all([sides?.left.close(), sides?.right.close()]);
  }
}

function count(tally: Tally, { exchanges, divergence, flips }: Played): void {
  tally.sequences += 1;
  tally.flips += flips;
  tally.exchanges += exchanges.length;
  for (const exchange of exchanges) countExchange(tally, exchange);
  const { sequencesByRoute } = tally;
  for (const route of divergence ? [] : new Set(exchanges.map((exchange) => exchange.route)))
    sequencesByRoute[route] = (sequencesByRoute[route] ?? 0) + 1;
}

function countExchange({ byRoute, acceptedBy }: Tally, { route, judgement }: PlayedExchange): void {
  byRoute[route] = (byRoute[route] ?? 0) + 1;
  for (const { rule } of judgement.accepted) acceptedBy[rule] = (acceptedBy[rule] ?? 0) + 1;
}
