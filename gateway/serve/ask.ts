/** From a request to its answer: the gateway's own, or that of the backend that the flag and the journal choose. */
import type { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import type { BackendName } from '@banyan/route-table/route-table.ts';
import type { Answer, RequestHead } from '../application.ts';
import type { BackendRequest, BackendResponse } from '../backends/backend.ts';
import type { Asked, Continuity, Handling } from '../continuity/protocol/continuity.ts';
import type { ModeName } from '../continuity/protocol/modes.ts';
import type { Follower, Shadow } from '../continuity/shadow/shadow.ts';
import { type Forwarded, toBackend } from '../edge/headers.ts';
import type { FlagsInForce } from '../flags/model.ts';
import type { Choose } from '../routing/choose.ts';
import type { Exchange } from './exchange.ts';

export interface AskOptions {
  /** What the gateway answers by itself: what is withheld from backends, and pages of its own. */
  ownAnswer(head: RequestHead): Answer | undefined;
  /** Read once a request: whatever changes meanwhile, the request is served whole by one version. */
  flags: { readonly current: FlagsInForce };
  choose: Choose;
  continuity: Continuity;
  /** Asks the other backend too, where the mode says so. */
  shadow: Shadow;
  forwarded: (incoming: IncomingMessage) => Forwarded;
}

/** An answer for the client, or the error in its place; and who served it, in which mode, and how long it was held. */
export type Reply = Omit<Handling, 'backend'> & {
  backend: BackendName | 'gateway';
  /** Of the route's flag; unknown of what the gateway answers itself. */
  mode?: ModeName;
  /** Compares a read's answer with the other backend's, once the client has it. */
  follower?: Follower | undefined;
  /** `performance.now()` when the head of a backend's answer was there. */
  answeredAt?: number;
} & ({ answer: BackendResponse } | { answer?: undefined; error: unknown });

/** Never rejects. */
export async function ask(
  exchange: Exchange,
  head: RequestHead,
  body: Readable | undefined,
  signal: AbortSignal,
  options: AskOptions,
): Promise<Reply> {
  try {
    const own = options.ownAnswer(head);
    if (own) return { backend: 'gateway', answer: own };
    return await askBackend(askedOf(exchange, head, body, options), signal, options);
  } catch (error) {
    return { backend: 'gateway', error };
  }
}

async function askBackend(
  asked: Asked,
  signal: AbortSignal,
  { continuity, shadow }: AskOptions,
): Promise<Reply> {
  const { mode } = asked;
  const follower = shadow.follow(asked);
  const { backend = 'gateway', ...handled } = await continuity.answer(asked, signal);
  if (!handled.answer) return { ...handled, backend, mode, follower };
  if (backend === 'legacy') follower?.answered(handled.answer);
  else follower?.cancel('moving');
  return { ...handled, backend, mode, follower, answeredAt: performance.now() };
}

export function headOf({ incoming, target }: Exchange): RequestHead {
  return { method: incoming.method ?? 'GET', target: target.raw, rawHeaders: incoming.rawHeaders };
}

function askedOf(
  exchange: Exchange,
  head: RequestHead,
  body: Readable | undefined,
  { flags, choose, forwarded }: AskOptions,
): Asked {
  const { incoming, row, target, match, trace } = exchange;
  const { current } = flags;
  const request: BackendRequest = {
    method: head.method,
    target: head.target,
    rawHeaders: toBackend(head.rawHeaders, forwarded(incoming)),
    deadline: row.longest,
    route: row.key,
    trace,
  };
  if (body) request.body = body;
  return { key: row.key, target, match, request, ...choose(current, exchange), epoch: current.epoch };
}
