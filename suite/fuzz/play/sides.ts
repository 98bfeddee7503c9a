/** Where requests go: two backends that are asked the same at the same time, each with its own ids. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Answer } from '@banyan/compare/answer.ts';
import type { ModelCallSeen } from '@banyan/compare/model-calls.ts';
import type { Window } from '@banyan/compare/volatile/check.ts';
import type { RouteKey } from '@banyan/route-table/route-table.ts';
import type { Flips } from '../../fresh/gateway.ts';
import { type Request, send } from '../../replay/send.ts';
import type { RunningBackend } from '../../running-backend.ts';

export interface Sides {
  /** Whose answers are right. */
  left: RunningBackend;
  right: Flippable;
}

/** Of which routes can be flipped, where it is a gateway. */
export interface Flippable extends RunningBackend {
  /** @returns how many routes have another mode now */
  flip?: ((flips: Flips) => number) | undefined;
  /** What went wrong behind it that no client saw. */
  faults?: (() => Promise<string[]>) | undefined;
}

/** One side's answer, and what came of it. */
export interface Heard {
  answer: Answer;
  window: Window | undefined;
  /** What it sent to the model for it; undefined where nobody sees that, or the route never does. */
  calls: ModelCallSeen[] | undefined;
}

export interface Asking {
  requests: { left: Request; right: Request };
  /** Milliseconds; a side that does not answer in time has a broken answer. */
  deadline: number;
  /** The route calls the model. */
  callsModel: boolean;
}

/** A relay hears of its own last byte a moment after the backend did; milliseconds. */
const MOMENT = 30;

/** Both have the route, and would be given such a target. */
export function bothServe({ left, right }: Sides, route: RouteKey, target: string): boolean {
  return [left, right].every(
    (side) => (side.implements?.has(route) ?? true) && (side.mayServe?.(target) ?? true),
  );
}

export async function askBoth(
  { left, right }: Sides,
  { requests, deadline, callsModel }: Asking,
): Promise<{ left: Heard; right: Heard }> {
  const watched = callsModel && left.modelCalls !== undefined && right.modelCalls !== undefined;
  if (watched && left.modelCalls === right.modelCalls) {
    // One relay hears both: whose call it is shows only where one is done before the other begins.
    const ours = await ask(left, requests.left, deadline, watched);
    return { left: ours, right: await ask(right, requests.right, deadline, watched) };
  }
  const [ours, theirs] = await Promise.all([
    ask(left, requests.left, deadline, watched),
    ask(right, requests.right, deadline, watched),
  ]);
  if (ours.calls?.length !== theirs.calls?.length) {
    await delay(MOMENT);
    for (const [side, { calls }] of [[left, ours] as const, [right, theirs] as const])
      calls?.push(...(side.modelCalls?.take() ?? []));
  }
  return { left: ours, right: theirs };
}

async function ask(
  side: RunningBackend,
  request: Request,
  deadline: number,
  watched: boolean,
): Promise<Heard> {
  const { url, clock, modelCalls } = side;
  const sentAt = Date.now();
  const answer = await send(url, request, deadline).catch(
    (error: Error): Answer => ({
      status: 0,
      reason: '',
      rawHeaders: [],
      body: Buffer.alloc(0),
      broken: error.message.replace(url, 'the backend'),
    }),
  );
  const window = clock && { from: clock(sentAt - 1), to: clock(Date.now() + 1) };
  if (watched) await new Promise(setImmediate);
  return { answer, window, calls: watched ? modelCalls?.take() : undefined };
}
