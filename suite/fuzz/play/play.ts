/**
 * Plays a sequence: each request to both sides at once, compared as it is answered, until the two diverge. After the
 * last one everything that the sequence touched is read, so that a lost write shows, and deleted, so that the next
 * sequence begins with almost nothing there.
 */
import type { RouteTable } from '@banyan/route-table/route-table.ts';
import type { Flips } from '../../fresh/gateway.ts';
import type { Request } from '../../replay/send.ts';
import type { Drawn } from '../drawn.ts';
import { Conversation, type PlayedExchange, type Rules } from './conversation.ts';
import { plainReads, requestFor, routesNaming } from './places.ts';
import { type Patience, settle } from './settle.ts';
import type { Sides } from './sides.ts';

export interface PlayOptions {
  rules: Rules;
  sides: Sides;
  patience?: Patience;
  /** Targets that are not sent. */
  leaveOut?: RegExp | undefined;
}

/** An exchange's part in its sequence: drawn, waiting for work to end, a look at what was done, or tidying up. */
export type Part = 'drawn' | 'wait' | 'look' | 'tidy';

export interface Played {
  exchanges: (PlayedExchange & { part: Part })[];
  /** The last exchange, where the sides diverged in it. */
  divergence: PlayedExchange | undefined;
  /** How often a route got another mode. */
  flips: number;
}

/** The new backend says when it is over, so that silence is no end; legacy against itself is told otherwise. */
const PATIENCE: Patience = { agree: 10_000, longest: 60_000, quiet: 60_000 };
/** Of two legacy apps, neither of which says when an upload is over. */
export const betweenLegacies: Patience = { ...PATIENCE, quiet: 4000 };

export async function play(options: PlayOptions, drawn: readonly Drawn[]): Promise<Played> {
  const { rules, sides } = options;
  const conversation = new Conversation(rules, sides);
  const played: Played = { exchanges: [], divergence: undefined, flips: 0 };
  const flip = (flips: Flips | undefined) => {
    if (flips) played.flips += sides.right.flip?.(flips) ?? 0;
  };
  for await (const { exchange, part } of stepsOf(options, conversation, drawn, flip)) {
    played.exchanges.push({ ...exchange, part });
    if (exchange.judgement.verdict !== 'divergent') continue;
    played.divergence = exchange;
    break;
  }
  if (played.divergence)
    for (const request of tidying(rules.table, conversation)) await conversation.ask(request);
  return played;
}

async function* stepsOf(
  { rules, sides, patience = PATIENCE, leaveOut }: PlayOptions,
  conversation: Conversation,
  drawn: readonly Drawn[],
  flip: (flips: Flips | undefined) => void,
): AsyncGenerator<{ exchange: PlayedExchange; part: Part }> {
  const { table } = rules;
  // Whatever was played before: a sequence alone says what happens in it.
  flip({ ...all(table, 'legacy'), ...drawn[0]?.flips });
  for (const [nth, each] of drawn.entries()) {
    const request = conversation.fill(each);
    const isAsked = !leaveOut?.test(request.target) && conversation.canAsk(request);
    const exchange = isAsked ? await conversation.ask(request) : undefined;
    // What it has begun goes on meanwhile.
    flip(drawn[nth + 1]?.flips);
    if (!exchange) continue;
    conversation.keep(exchange);
    yield { exchange, part: 'drawn' };
    for (const shown of await settle(conversation, rules, patience, exchange)) {
      conversation.keep(shown);
      yield { exchange: shown, part: 'wait' };
    }
  }
  yield* each(conversation, looking(table, conversation), 'look');
  for (const mode of sides.right.flip ? (['new', 'legacy'] as const) : []) {
    flip(all(table, mode));
    yield* each(conversation, looking(table, conversation), 'look');
  }
  yield* each(conversation, tidying(table, conversation), 'tidy');
  yield* each(conversation, plainReads(table), 'tidy');
}

const all = ({ routes }: RouteTable, mode: 'legacy' | 'new'): Flips =>
  Object.fromEntries(routes.map(({ key }) => [key, mode]));

async function* each(conversation: Conversation, requests: readonly Request[], part: Part) {
  for (const request of requests) {
    if (!conversation.canAsk(request)) continue;
    const exchange = await conversation.ask(request);
    conversation.keep(exchange);
    yield { exchange, part };
  }
}

/** Reads of everything that was made or named, and of what needs no name. */
function looking(table: RouteTable, conversation: Conversation): Request[] {
  return [...plainReads(table), ...naming(table, conversation, 'GET')];
}

function tidying(table: RouteTable, conversation: Conversation): Request[] {
  return naming(table, conversation, 'DELETE').filter((request) => conversation.canAsk(request));
}

function naming(table: RouteTable, conversation: Conversation, method: 'GET' | 'DELETE'): Request[] {
  return [...conversation.named].flatMap(([kind, ids]) =>
    routesNaming(table, method, new Set([kind])).flatMap((route) =>
      [...ids].map((id) => requestFor(route, new Map([[kind, id]]))),
    ),
  );
}
