/**
 * Waits until work that an answer started in the background (an upload that is processed) is over on both sides, so that
 * what comes next does not depend on who is quicker.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { judge, valuesAt } from '@banyan/compare/accept.ts';
import type { Answer } from '@banyan/compare/answer.ts';
import { compareAnswers } from '@banyan/compare/compare.ts';
import { stepsOf } from '@banyan/compare/json/places.ts';
import { Bindings } from '@banyan/compare/volatile/bindings.ts';
import type { Route } from '@banyan/route-table/route-table.ts';
import type { Request } from '../../replay/send.ts';
import type { Conversation, PlayedExchange, Rules } from './conversation.ts';
import { idsIn, requestFor, routesNaming } from './places.ts';

export interface Patience {
  /** How long the sides may take to agree once one of them says that it is over, in milliseconds. */
  agree: number;
  /** How long they may take where neither says so, in milliseconds. */
  longest: number;
  /** How long there may be no sign of an end on either side until it counts as over, in milliseconds. */
  quiet: number;
}

const PAUSE = 25;
/** What one side takes longer than the other to come to the same end. */
const SLOWER = 2;
const LEAST_GRACE = 100;

/** @returns the reads that showed the end, the last of them divergent where the sides do not come to agree */
export async function settle(
  conversation: Conversation,
  rules: Rules,
  patience: Patience,
  started: PlayedExchange,
): Promise<PlayedExchange[]> {
  const { made, left, right, request } = started;
  if (left.status >= 400 || right.status >= 400) return [];
  const route = conversation.routeOf(request);
  const ids = new Map(route ? idsIn(route, request.target) : []);
  for (const { kind, id } of made) ids.set(kind, id);
  const routes = routesNaming(rules.table, 'GET', new Set(ids.keys()));
  const poll = routes.find(({ polling }) => polling);
  if (!poll || !made.some(({ kind }) => idsIn(poll, poll.path).has(kind))) return [];
  const reads = routes.map((each) => requestFor(each, ids)).filter((read) => conversation.canAsk(read));
  const watch = { conversation, rules, patience, poll, polled: requestFor(poll, ids), reads };
  await end(watch);
  return agreement(watch);
}

interface Watch {
  conversation: Conversation;
  rules: Rules;
  patience: Patience;
  poll: Route;
  polled: Request;
  reads: readonly Request[];
}

/** Until one side says that it is over, or both show something new, or nothing has been heard for long. */
async function end(watch: Watch): Promise<void> {
  const { conversation, reads, patience } = watch;
  const begun = performance.now();
  const took = () => performance.now() - begun;
  const first = new Map<Request, PlayedExchange>();
  while (took() < patience.quiet) {
    if (await oneIsOver(watch)) {
      // Where it failed, the other side may come to its own end without a sign.
      await delay(Math.max(LEAST_GRACE, Math.min(took() * SLOWER, patience.quiet)));
      return;
    }
    for (const read of reads) {
      const now = await conversation.ask(read);
      const then = first.get(read) ?? now;
      first.set(read, then);
      if (isNews(watch, then, now, 'left') && isNews(watch, then, now, 'right')) return;
    }
    await delay(PAUSE);
  }
}

async function agreement(watch: Watch): Promise<PlayedExchange[]> {
  const { conversation, reads, patience } = watch;
  let until = performance.now() + patience.longest;
  for (let over = false; ; ) {
    const shown: PlayedExchange[] = [];
    for (const read of reads) shown.push(await conversation.ask(read));
    const divergent = shown.findIndex(({ judgement }) => judgement.verdict === 'divergent');
    if (divergent < 0) return shown;
    if (performance.now() > until) return shown.slice(0, divergent + 1);
    if (!over && (await oneIsOver(watch))) {
      over = true;
      until = Math.min(until, performance.now() + patience.agree);
    }
    await delay(PAUSE);
  }
}

async function oneIsOver({ conversation, poll, polled }: Watch): Promise<boolean> {
  const { left, right } = await conversation.ask(polled);
  return isOver(poll, left) || isOver(poll, right);
}

function isOver({ polling }: Route, { body }: Answer): boolean {
  const values = polling ? valuesAt(jsonOf(body), stepsOf(polling.at)) : [];
  return values.some((value) => polling?.until.includes(String(value)));
}

/** What no rule lets differ at any time: the state of the work itself is no news. */
function isNews(
  { conversation, rules }: Watch,
  then: PlayedExchange,
  now: PlayedExchange,
  side: 'left' | 'right',
): boolean {
  const [left, right] = [then[side], now[side]];
  const route = conversation.routeOf(now.request);
  const compared = compareAnswers({ method: 'GET', route, left, right, bindings: new Bindings() });
  const answers = { route: now.route, target: now.request.target, left, right };
  return judge(compared, answers, rules.accepted, rules.today).verdict === 'divergent';
}

function jsonOf(body: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(body).toString('utf8')) as unknown;
  } catch {
    return undefined;
  }
}
