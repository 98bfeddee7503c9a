/**
 * One sequence's exchanges with both sides: fills in what was drawn, asks, compares by the suite's rules, and remembers
 * which ids were made and named.
 */
import { type AcceptedRule, type Judgement, judge } from '@banyan/compare/accept.ts';
import type { Answer, LearnedPair } from '@banyan/compare/answer.ts';
import { compareAnswers } from '@banyan/compare/compare.ts';
import { compareModelCalls } from '@banyan/compare/model-calls.ts';
import { Bindings, idsOnly } from '@banyan/compare/volatile/bindings.ts';
import { createMatch } from '@banyan/route-table/match.ts';
import {
  ANYTHING_ELSE,
  type Route,
  type RouteKey,
  type RouteTable,
} from '@banyan/route-table/route-table.ts';
import type { Request } from '../../replay/send.ts';
import { type Drawn, fillMarks } from '../drawn.ts';
import { HOST, idsIn } from './places.ts';
import { askBoth, bothServe, type Heard, type Sides } from './sides.ts';
import { withIds } from './with-ids.ts';

export interface Rules {
  table: RouteTable;
  accepted: readonly AcceptedRule[];
  /** `2026-01-31`. */
  today: string;
}

/** One request and what both sides answered. */
export interface PlayedExchange {
  /** As the left side got it. */
  request: Request;
  route: RouteKey;
  left: Answer;
  right: Answer;
  judgement: Judgement;
  volatile: number;
  /** Ids and times that stand for each other, by what the two say. */
  learned: readonly LearnedPair[];
  /** Ids that the left side made up in it. */
  made: readonly { kind: string; id: string }[];
}

/** What stands for an id where none was made yet. */
const NOBODY = 'nobody';
/** No answer of either backend takes longer, whatever the table allows; milliseconds. */
const LONGEST_WAIT = 30_000;

export class Conversation {
  readonly #rules: Rules;
  readonly #sides: Sides;
  readonly #match: ReturnType<typeof createMatch>;
  readonly #bindings = new Bindings();
  /** The left side's ids to the right's. */
  readonly #ids = new Map<string, string>();
  /** The left side's ids by kind, in the order in which they were made. */
  readonly made = new Map<string, string[]>();
  /** Ids of each kind that requests named, made or not, as they stood in the path. */
  readonly named = new Map<string, Set<string>>();

  constructor(rules: Rules, sides: Sides) {
    this.#rules = rules;
    this.#sides = sides;
    this.#match = createMatch(rules.table);
  }

  /** The request for the left side. Where an id would not be known for one on the other side, there is none. */
  fill(drawn: Drawn): Request {
    const request = filled(drawn, (kind, nth) => {
      const ids = this.made.get(kind) ?? [];
      return ids[ids.length - 1 - (nth % ids.length)] ?? NOBODY;
    });
    return this.routeOf(request) && wholeSegments(drawn.target) ? request : filled(drawn, () => NOBODY);
  }

  /** Also of a path that says the same in other characters: the backends read it as they read the plain one. */
  routeOf({ method, target }: Request): Route | undefined {
    const path = target.split('?')[0] ?? '';
    const routes = (this.#matched(path) ?? this.#matched(plain(path)))?.routes;
    return routes?.find((route) => route.method === (method === 'HEAD' ? 'GET' : method)) ?? routes?.[0];
  }

  #matched(path: string) {
    try {
      return this.#match(path);
    } catch {
      // Escapes that are no UTF-8.
      return undefined;
    }
  }

  /** Both have its route and would be given such a target. */
  canAsk(request: Request): boolean {
    return bothServe(this.#sides, this.routeOf(request)?.key ?? ANYTHING_ELSE, request.target);
  }

  async ask(request: Request): Promise<PlayedExchange> {
    const { table, accepted, today } = this.#rules;
    const route = this.routeOf(request);
    const key = route?.key ?? ANYTHING_ELSE;
    const deadline = Math.min(route?.longest ?? table.anythingElse.longest, LONGEST_WAIT);
    const heard = await askBoth(this.#sides, {
      requests: { left: request, right: withIds(request, this.#ids) },
      deadline,
      callsModel: route?.relay !== undefined,
    });
    const { left, right } = { left: heard.left.answer, right: heard.right.answer };
    const comparison = compareAnswers({
      method: request.method,
      route,
      left,
      right,
      bindings: this.#bindings,
      windows: windowsOf(heard),
    });
    const calls = compareModelCalls(heard.left.calls ?? [], heard.right.calls ?? []);
    const differences = [...comparison.differences, ...calls];
    const answers = { route: key, target: request.target, left, right };
    const judgement = judge({ differences }, answers, accepted, today);
    const { learned, volatile } = comparison;
    return { request, route: key, left, right, judgement, volatile, learned, made: madeIn(route, learned) };
  }

  /** The exchange counts: what it says of ids and times holds from now on. */
  keep({ request, judgement, learned, made }: PlayedExchange): void {
    const route = this.routeOf(request);
    const divergent = judgement.verdict === 'divergent';
    this.#bindings.learn(divergent ? idsOnly(learned) : learned);
    for (const { left, right } of idsOnly(learned)) this.#ids.set(left, right);
    for (const { kind, id } of made) this.#remember(kind, id);
    if (route) for (const [kind, id] of idsIn(route, request.target)) this.#name(kind, id);
  }

  #remember(kind: string, id: string): void {
    const ids = this.made.get(kind) ?? [];
    this.made.set(kind, ids);
    ids.push(id);
    this.#name(kind, id);
  }

  #name(kind: string, id: string): void {
    const ids = this.named.get(kind) ?? new Set();
    this.named.set(kind, ids);
    ids.add(id);
  }
}

const windowsOf = ({ left, right }: Record<'left' | 'right', Heard>) => ({
  ...(left.window && { left: left.window }),
  ...(right.window && { right: right.window }),
});

const plain = (path: string) => unescaped(path).replace(/^\/+/, '/');

function unescaped(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

/** `/api/chats/{{chat:0}}%2Frename` has an id in it that is no segment. */
const wholeSegments = (target: string) =>
  (target.split('?')[0] ?? '')
    .split('/')
    .every((segment) => !segment.includes('{{') || /^\{\{\w+:\d+\}\}$/.test(segment));

function filled(
  { method, target, headers, body }: Drawn,
  idOf: (kind: string, nth: number) => string,
): Request {
  return {
    method,
    target: fillMarks(target, idOf),
    rawHeaders: [...(headers.some(([name]) => name === 'Host') ? [] : ['Host', HOST]), ...headers.flat()],
    body: body?.includes('{{') ? Buffer.from(fillMarks(body.toString('latin1'), idOf), 'latin1') : body,
  };
}

/** Of the ids that two answers showed for the first time, those that such an answer makes. */
function madeIn(route: Route | undefined, learned: readonly LearnedPair[]) {
  const kinds = (route?.ids ?? []).flatMap(({ kind, role }) => (role === 'made' ? [kind] : []));
  return learned.flatMap(({ kind, left }) => (kinds.includes(kind) ? [{ kind, id: left }] : []));
}
