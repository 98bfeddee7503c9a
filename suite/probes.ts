/**
 * Whether each write route's probe tells a write that happened from one that did not: tried with the writes of the recordings,
 * while they are replayed against legacy. A probe that finds nothing loses writes; one that finds everything does too.
 */
import type { Answer } from '@banyan/compare/answer.ts';
import { parseBody } from '@banyan/gateway/continuity/json/parse-body.ts';
import type { Doubt, Finding } from '@banyan/gateway/continuity/probe/findings.ts';
import { isNamed } from '@banyan/gateway/continuity/probe/fits.ts';
import { listIn, type Shown } from '@banyan/gateway/continuity/probe/look.ts';
import { expectedIn, findIn } from '@banyan/gateway/continuity/probe/probe.ts';
import type { Known } from '@banyan/gateway/continuity/protocol/keys.ts';
import { readPlace } from '@banyan/gateway/continuity/protocol/places.ts';
import { jsonOf } from '@banyan/gateway/continuity/writes/entry-content.ts';
import type { Recording } from '@banyan/gateway/record/read-recording.ts';
import { dialectOf } from '@banyan/route-table/dialect.ts';
import { filledPath } from '@banyan/route-table/fill.ts';
import { createMatch } from '@banyan/route-table/match.ts';
import type { Probe, Route, RouteKey, RouteTable } from '@banyan/route-table/route-table.ts';
import type { Around } from './replay/replay.ts';
import { send } from './replay/send.ts';

export interface ProbeVerdict {
  /** `untried`: no recording has such a write by itself. */
  state: 'proven' | 'untried' | 'wrong';
  /** What is wrong, for people. */
  fault?: string;
}

export type ProbeVerdicts = Readonly<Record<RouteKey, ProbeVerdict>>;

/** Of each route so many writes are tried that happened, and that were refused: each costs two reads. */
const enough = 3;
/** Of each route so many are tried that turn out to change nothing. */
const most = 25;

interface Counts {
  told: number;
  refused: number;
  unchanged: number;
  fault?: string;
}

interface Write {
  url: string;
  route: Route & { probe: Probe };
  read: Route;
  known: Known;
  /** Where it is, for people. */
  where: string;
}

export class ProbeTrials {
  readonly #table: RouteTable;
  readonly #match: ReturnType<typeof createMatch>;
  readonly #counts = new Map<RouteKey, Counts>();

  constructor(table: RouteTable) {
    this.#table = table;
    this.#match = createMatch(table);
  }

  /** To be called around each request of a recording that is sent to legacy. */
  around({ name, exchanges }: Pick<Recording, 'name' | 'exchanges'>, url: string): Around {
    return async ({ exchange, route }, request, sent) => {
      const { index, start, end } = exchange;
      // Others that are under way may change what is read.
      const isAlone = exchanges.every(
        (other) => other.index === index || other.end < start || other.start > end,
      );
      const counts = route?.probe && this.#countsOf(route.key);
      const read = this.#table.routes.find(({ key }) => key === route?.probe?.read);
      const params = this.#paramsOf(request.target);
      if (!route?.probe || !counts || !read || !params || !isAlone || route.method !== request.method)
        return sent();
      if (!isWorthTrying(counts, exchange.answer.status, route.probe)) return sent();
      const known = {
        params,
        request: jsonOf(route, request.body && { bytes: request.body }),
        trim: dialectOf(route).trim,
      };
      const where = `${name} #${index + 1}`;
      return trial({ url, route: { ...route, probe: route.probe }, read, known, where }, sent, counts);
    };
  }

  /** Of every route that writes. */
  verdicts(): ProbeVerdicts {
    return Object.fromEntries(
      this.#table.routes.flatMap((route) => {
        if (route.access !== 'write' || !route.probe) return [];
        return [[route.key, verdictOf(this.#countsOf(route.key), route.probe)] as const];
      }),
    );
  }

  /** Undefined also where the path cannot be read: then the gateway takes it for no write of the table either. */
  #paramsOf(target: string): Record<string, string> | undefined {
    try {
      return this.#match(target.split('?', 1)[0] ?? '')?.params;
    } catch {
      return undefined;
    }
  }

  #countsOf(key: RouteKey): Counts {
    const counts = this.#counts.get(key) ?? { told: 0, refused: 0, unchanged: 0 };
    this.#counts.set(key, counts);
    return counts;
  }
}

/** @param status as recorded */
function isWorthTrying({ told, refused, unchanged, fault }: Counts, status: number, probe: Probe): boolean {
  if (fault !== undefined || unchanged >= most) return false;
  if (status < 400) return told < enough;
  return isRefusal(status) && refused < enough && isAdded(probe);
}

function verdictOf({ told, unchanged, fault }: Counts, { read }: Probe): ProbeVerdict {
  if (fault !== undefined) return { state: 'wrong', fault };
  if (told > 0) return { state: 'proven' };
  if (unchanged === 0) return { state: 'untried' };
  return {
    state: 'wrong',
    fault: `none of the ${unchanged} writes that recordings have of it changed what it looks at in ${read}`,
  };
}

/** Sends a write between two looks. */
async function trial(write: Write, sent: () => Promise<Answer>, counts: Counts): Promise<Answer> {
  const { probe } = write.route;
  const before = await look(write);
  const sentAt = Date.now();
  const answer = await sent();
  const taken = new Set(idsIn(probe, before));
  const doubt: Doubt = {
    route: write.route,
    known: write.known,
    sentAt,
    isOverlapped: false,
    expected: expectedIn(probe, before, write.known),
    isTaken: (_kind, id) => taken.has(id),
  };
  const fault =
    answer.status < 400
      ? await faultOfDone(write, doubt, { before, answer }, counts)
      : isRefusal(answer.status)
        ? await faultOfRefused(write, doubt, counts)
        : undefined;
  if (fault !== undefined) counts.fault = `${write.where}: ${fault}`;
  return answer;
}

/** What the gateway's own reads send. */
const rawHeaders = ['Host', 'banyan', 'Accept', '*/*'];

async function look({ url, read, known: { params } }: Write): Promise<Shown> {
  const target = filledPath(read.path, params);
  const answer = await send(url, { method: read.method, target, rawHeaders, body: undefined }, read.longest);
  return { side: 'legacy', read, answer };
}

function idsIn(probe: Probe, shown: Shown): string[] {
  const found = probe.shows === 'element-added' ? listIn(shown, probe.at) : undefined;
  if (probe.shows !== 'element-added' || !found || 'why' in found) return [];
  return found.list.flatMap((element) => readPlace(element, `$.${probe.id}`)).map(String);
}

async function faultOfDone(
  write: Write,
  doubt: Doubt,
  { before, answer }: { before: Shown; answer: Answer },
  counts: Counts,
): Promise<string | undefined> {
  const { probe } = write.route;
  const first = findIn(probe, before, doubt);
  if (first.seen === 'unknown') return `before it was sent, ${first.why}`;
  // A value that is set already, or an element that was never there, shows nothing.
  if (first.seen === 'done' && isAdded(probe)) return 'the probe finds it before it was sent';
  let after = await look(write);
  if (first.seen === 'done' || !hasChanged(probe, before, after, write.known)) {
    counts.unchanged += 1;
    return undefined;
  }
  const answered = { ...write.known, answer: parseBody(answer.body) };
  const findings = () => [doubt.known, answered].map((known) => findIn(probe, after, { ...doubt, known }));
  // What goes on in the background may be on its way from one list to another.
  const moves = probe.shows === 'element-added' && probe.ended ? 20 : 0;
  for (let tries = 0; tries < moves && findings().some(isNotDone); tries += 1) {
    await new Promise((resolve) => setTimeout(resolve, 25));
    after = await look(write);
  }
  const lost = findings().find(isNotDone);
  if (lost)
    return `it happened, and the probe does not find it${lost.seen === 'unknown' ? `: ${lost.why}` : ''}`;
  // What is gone is gone: of that the look before has to show that it was there.
  if (probe.shows !== 'element-gone' && findIn(probe, after, neverSent(doubt)).seen === 'done')
    return 'the probe finds one beside it that was never sent';
  counts.told += 1;
  return undefined;
}

/** An error of the backend's own may come after the effect, so it says nothing of what a probe should find. */
const isRefusal = (status: number) => status >= 400 && status < 500;

const isNotDone = ({ seen }: Finding) => seen !== 'done';
const isAdded = ({ shows }: Probe) => shows === 'element-added' || shows === 'tail-added';

/** What was refused has added nothing. Another reason may have set the same value, or taken the same away. */
async function faultOfRefused(write: Write, doubt: Doubt, counts: Counts): Promise<string | undefined> {
  const { probe } = write.route;
  counts.refused += 1;
  if (!isAdded(probe)) return undefined;
  return findIn(probe, await look(write), doubt).seen === 'done'
    ? 'the probe finds it although it was refused'
    : undefined;
}

/** Whether the backend shows more than before of what the probe looks at. */
function hasChanged(probe: Probe, before: Shown, after: Shown, known: Known): boolean {
  const [earlier, later] = [before, after].map((shown) => listsOf(probe, shown));
  if (!earlier || !later) return true;
  if (probe.shows === 'element-added') return later.length > earlier.length;
  if (probe.shows === 'tail-added') return JSON.stringify(later) !== JSON.stringify(earlier);
  const named = (list: unknown[]) => list.find((element) => isNamed(element, probe.where, known));
  const element = named(earlier);
  if (probe.shows === 'element-gone') return element !== undefined;
  return element !== undefined && JSON.stringify(named(later)) !== JSON.stringify(element);
}

function listsOf(probe: Probe, shown: Shown): unknown[] | undefined {
  const places = [probe.at, ...(probe.shows === 'element-added' && probe.ended ? [probe.ended.at] : [])];
  const looks = places.map((at) => listIn(shown, at));
  return looks.every((each) => 'list' in each)
    ? looks.flatMap((each) => ('list' in each ? each.list : []))
    : undefined;
}

const hour = 3_600_000;

/** The same write with other values, or at another time where it has none. */
function neverSent(doubt: Doubt): Doubt {
  const { params, request } = doubt.known;
  return { ...doubt, sentAt: doubt.sentAt + hour, known: { params, request: altered(request) } };
}

function altered(value: unknown): unknown {
  if (typeof value === 'string') return `${value} (never sent)`;
  if (typeof value === 'number') return value + 1;
  if (typeof value === 'boolean') return !value;
  if (Array.isArray(value)) return value.map(altered);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, altered(each)]));
}
