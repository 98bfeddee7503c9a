/** The public origin: everything that a client of the application can reach. */
import type { IncomingMessage, Server } from 'node:http';
import type { Answer, Application, Pages, RequestHead } from './application.ts';
import type { Backend } from './backends/backend.ts';
import { type Continuity, withoutJournal } from './continuity/protocol/continuity.ts';
import { nameOf } from './continuity/protocol/modes.ts';
import { roles } from './continuity/protocol/roles.ts';
import type { ShadowGround } from './continuity/shadow/ground.ts';
import { Shadow, type ShadowOptions } from './continuity/shadow/shadow.ts';
import { createEntrance } from './edge/entrance.ts';
import { createForwarded } from './edge/forwarded.ts';
import { toBackend } from './edge/headers.ts';
import type { Target } from './edge/target.ts';
import type { FlagsInForce } from './flags/model.ts';
import type { Answered } from './guards/guard.ts';
import { close, listen } from './listen.ts';
import type { Logger } from './log.ts';
import type { Recorder } from './record/recorder.ts';
import { type Choose, createChoose } from './routing/choose.ts';
import { createRouter } from './routing/router.ts';
import { createFindGet } from './routing/row.ts';
import { flushAccessLog } from './serve/access-log.ts';
import { beginExchanges } from './serve/exchange.ts';
import { createServe } from './serve/serve.ts';
import { tracedServe } from './serve/traced.ts';
import { createUpgrades } from './upgrades/upgrades.ts';

export interface PublicOriginOptions {
  host: string | undefined;
  port: number;
  application: Application;
  legacy: Backend;
  /** Origin of the legacy backend, for upgrades, which are always its. */
  legacyUrl: string;
  flags: { readonly current: FlagsInForce };
  /** None: the flagged backend serves, and nothing is written down. */
  continuity?: (Continuity & { shadowGround?: ShadowGround }) | undefined;
  shadow?: Partial<
    Pick<ShadowOptions, 'tally' | 'sample' | 'onAsked' | 'concurrency' | 'longest' | 'largest' | 'later'>
  >;
  recorder?: Recorder;
  /** Told of each answer that a client got. */
  onAnswer?: ((answered: Answered) => void) | undefined;
  trustedProxies: readonly string[];
  log: Logger;
}

export interface PublicOrigin {
  url: string;
  /** Where the application's pages begin, if it has some. */
  pages: string | undefined;
  /** Reads that are asked of the other backend too. */
  shadow: Shadow;
  /** Takes no new connections, finishes what is in flight (at most `grace` milliseconds), and stops. */
  close(grace: number): Promise<void>;
}

/** @throws Error `EADDRINUSE` and other faults of listening */
export async function openPublicOrigin(options: PublicOriginOptions): Promise<PublicOrigin> {
  const { application, log } = options;
  const { accepted: rules = [], newBackend, table } = application;
  const forwarded = createForwarded(options.trustedProxies);
  const headersOf = (incoming: IncomingMessage) => toBackend(incoming.rawHeaders, forwarded(incoming));
  const deadline = table.anythingElse.longest;
  const upgrades = createUpgrades({ url: options.legacyUrl, headersOf, deadline, log });
  const closing = { now: false };
  const choose = createChoose(table);
  const ground = options.continuity?.shadowGround;
  const shadow = new Shadow({
    newBackend,
    ground,
    rules,
    log,
    sample: () => options.flags.current.sample,
    isCompared: (route) => {
      const mode = options.flags.current.routes.get(route)?.mode ?? 'legacy';
      return roles[nameOf(mode)].read.compared === 'asked';
    },
    ...options.shadow,
  });
  const pages = application.pages?.();
  const serve = createServe({
    ownAnswer: ownAnswer(application, pages),
    errorHeaders: application.errorHeaders,
    flags: options.flags,
    choose,
    shadow,
    continuity: options.continuity ?? withoutJournal({ legacy: options.legacy, new: application.newBackend }),
    forwarded,
    ...(options.recorder && { recorder: options.recorder }),
    closing,
    ...(options.onAnswer && { onAnswer: options.onAnswer }),
    log,
  });
  const server: Server = createEntrance({
    fetch: createRouter(table, beginExchanges(tracedServe(serve))).fetch,
    mayUpgrade: mayUpgrade(options, choose),
    upgrade: upgrades.handle,
  });
  const url = await listen(server, options.port, options.host);
  return {
    url,
    pages: pages && `${url}${pages.path}`,
    shadow,
    async close(grace) {
      closing.now = true;
      upgrades.close();
      await close(server, grace);
      await shadow.close();
      flushAccessLog();
    },
  };
}

/** What is withheld from every backend comes first. */
function ownAnswer(
  { withheld }: Application,
  pages: Pages | undefined,
): (head: RequestHead) => Answer | undefined {
  if (!pages) return withheld;
  const pageOf = ({ method, target }: RequestHead) =>
    method === 'GET' || method === 'HEAD' ? pages.answer(target.split('?', 1)[0] ?? '') : undefined;
  return (head) => withheld(head) ?? pageOf(head);
}

/** Only legacy is given other protocols, only WebSocket, and only where it serves. */
function mayUpgrade(
  options: PublicOriginOptions,
  choose: Choose,
): (incoming: IncomingMessage, target: Target) => boolean {
  const find = createFindGet(options.application.table);
  return (incoming, target) => {
    const { method = '', rawHeaders, headers } = incoming;
    if (method !== 'GET' || headers.upgrade?.toLowerCase() !== 'websocket') return false;
    if (options.application.withheld({ method, target: target.raw, rawHeaders })) return false;
    return choose(options.flags.current, find(target)).flagged === 'legacy';
  };
}
