/** Answers reads: from the side that has the data, or from both where neither has it all. */
import { Readable } from 'node:stream';
import type { BackendName, Forgotten, Route } from '@banyan/route-table/route-table.ts';
import type { Backend, BackendResponse } from '../../backends/backend.ts';
import { BanyanError } from '../../errors.ts';
import type { Alarms } from '../alarms/alarms.ts';
import type { IdWatch } from '../alarms/id-watch.ts';
import { refuseAmbiguous } from '../alarms/refuse-ambiguous.ts';
import { toBeRead } from '../answers/headers.ts';
import { readable, whole } from '../answers/whole-answer.ts';
import type { Journal } from '../journal/journal.ts';
import { type Asked, type Handled, handled, type Routed } from '../protocol/continuity.ts';
import type { StoredAnswer } from '../protocol/entry.ts';
import { type Touched, touched } from '../protocol/keys.ts';
import { otherSide } from '../protocol/roles.ts';
import { isRead } from '../rewriting/exchanges.ts';
import { legacyTarget } from '../rewriting/legacy-request.ts';
import type { Sides } from '../sides/sides.ts';
import { type Chosen, chooseSide } from './choose-side.ts';
import { type ListRoute, mergedList } from './merged-list.ts';
import { remembered } from './remembered.ts';

export interface ReaderOptions {
  backends: Readonly<Record<BackendName, Backend>>;
  journal: Journal;
  sides: Sides;
  alarms: Alarms;
  idWatch: IdWatch;
  /** How long a read waits for the mirror, in milliseconds; 2 s unless told. */
  patience?: number | undefined;
  /** Resolves once it is known whether legacy was started again, where something hints at it. */
  cleared: () => Promise<void>;
  /** An answer of legacy's shows that it may have been started again. */
  suspect: () => void;
  /** A read goes to legacy because the new backend is not known to have what it touches. */
  onLacking: (touches: Touched) => void;
}

/** A read that is under way. */
interface Read extends Routed {
  asked: Asked;
  signal: AbortSignal;
}

/** A read of a list of everything. */
type ListRead = Read & { route: ListRoute };

/** How often a read chooses a side at most. */
const mostChoices = 3;

/** How long the mirror has, before a list is put together from both sides, in milliseconds. */
const beforeMerging = 250;

export class Reader {
  readonly #options: ReaderOptions;

  constructor(options: ReaderOptions) {
    this.#options = options;
  }

  /** @throws BanyanError `id_ambiguous` */
  async answer({ route, params }: Routed, asked: Asked, signal: AbortSignal): Promise<Handled> {
    const { alarms, journal } = this.#options;
    const read: Read = { route, params, asked, signal };
    refuseAmbiguous(route, { params }, { alarms, lag: journal.lag });
    const began = performance.now();
    const list = asked.request.method === 'GET' ? asList(read) : undefined;
    for (let times = 1; ; times += 1) {
      const { incarnation } = journal.knowledge.legacy;
      const chosen = await this.#choose(read, list !== undefined);
      const held = performance.now() - began;
      const { side: backend, lacksSome } = chosen;
      const answered = await handled({ backend, held, lacksSome }, () => this.#from(chosen, read, list));
      const isFromLegacy = chosen.side === 'legacy' && answered.answer !== undefined;
      if (times === mostChoices || !isFromLegacy) return answered;
      if (!(await this.#isOutdated(incarnation, read, answered.answer))) return answered;
      discard(answered.answer);
    }
  }

  #from({ side, lacksSome }: Chosen, read: Read, list: ListRead | undefined): Promise<BackendResponse> {
    if (lacksSome && list) return this.#merged(side, list);
    const { forgotten } = read.route;
    const { journal } = this.#options;
    const isPart = lacksSome && side === 'new' && read.asked.request.method === 'GET';
    if (isPart && forgotten && journal.knowledge.lacks('legacy', touchesOf(read)))
      return this.#remembered({ ...read, route: { ...read.route, forgotten } });
    return this.#read(side, read);
  }

  /**
   * Whether legacy may have answered without what it has forgotten: it was started again since it was chosen, or it says that it does not
   * know what the new backend knows.
   */
  async #isOutdated(incarnation: number, read: Read, { status }: BackendResponse): Promise<boolean> {
    const { journal, cleared, suspect } = this.#options;
    const { knowledge } = journal;
    const touches = touchesOf(read);
    if (touches.isForgettable) await cleared();
    if (touches.isForgettable && status === read.route.forgotten?.status && this.#isOnNew(touches)) {
      suspect();
      const reason = `legacy answers ${read.route.key} with status ${status}`;
      const answer = await this.#ask('new', read).catch(() => undefined);
      if (answer) discard(answer);
      if (answer && answer.status < 300)
        for (const key of touches.keys) knowledge.legacy.lost(key, { what: 'forgotten', reason });
    }
    const hasRestarted = incarnation !== knowledge.legacy.incarnation;
    return knowledge.lacks('legacy', touches) || (hasRestarted && touches.isForgettable === true);
  }

  /** Whether the new backend has all of what a read touches, and may serve it. */
  #isOnNew(touches: Touched): boolean {
    const { knowledge, lag } = this.#options.journal;
    const { owed, pinned, unknown } = lag.behind('new', touches);
    return !owed && !pinned && !unknown && touches.keys.every((key) => knowledge.mayOutrank(key));
  }

  async #choose({ route, params, asked }: Read, canMerge: boolean): Promise<Chosen> {
    const { journal, patience } = this.#options;
    const reads = touched(route, { params });
    const hasForgotten = journal.knowledge.lacks('legacy', reads);
    // Only the backend that began a background job knows how the job is doing.
    const owner = route.polling && journal.ownerOf(reads.keys);
    if (owner && !(owner === 'legacy' && hasForgotten)) return { side: owner, lacksSome: false };
    if (asked.flagged === 'new' && journal.knowledge.lacks(asked.flagged, reads))
      this.#options.onLacking(reads);
    const patient = canMerge ? Math.min(beforeMerging, patience ?? beforeMerging) : patience;
    return chooseSide(journal.lag, asked.flagged, reads, patient);
  }

  async #ask(side: BackendName, { route, params, asked, signal }: Read): Promise<BackendResponse> {
    const { backends, sides, idWatch } = this.#options;
    const { request } = asked;
    const isNew = side === 'new';
    const target = isNew ? request.target : legacyTarget(route, params, request.target, sides.names.ids);
    if (!isRead(route)) return backends[side].send({ ...request, target }, signal);
    const rawHeaders = toBeRead(request.rawHeaders);
    const asking = { ...request, target, rawHeaders, deadlineCovers: 'answer' as const };
    const answer = await backends[side].send(asking, signal);
    if (request.method !== 'GET') return answer;
    return idWatch.read(side, { route, known: { params }, target: request.target }, answer);
  }

  async #read(side: BackendName, read: Read): Promise<BackendResponse> {
    const { route, asked, signal } = read;
    const { method } = asked.request;
    return this.#options.sides.passing(await this.#ask(side, read), { side, route, method, signal });
  }

  async #merged(side: BackendName, read: ListRead): Promise<BackendResponse> {
    const { route } = read;
    // Looked up before either side is asked: a row that is behind then may be shown as it was.
    const behind = this.#options.journal.lag.keysBehind(side, route.elements.kind);
    if (behind.size === 0) return this.#read(side, read);
    const other = otherSide[side];
    const [here, there] = await Promise.all([this.#whole(side, read), this.#whole(other, read)]);
    // Nobody is shown a list that lacks acknowledged writes, as if it were all there is.
    if (here.status === 200 && there.status !== 200)
      throw new BanyanError('backend_failed', {
        backend: other,
        reason: `its part of the list has status ${there.status}`,
      });
    return mergedList(route, here, there, (key) => behind.has(key));
  }

  /** Neither side has all: legacy has forgotten what was before a restart, and the new backend is still to be given what came since. */
  async #remembered(read: Read & { route: Route & { forgotten: Forgotten } }): Promise<BackendResponse> {
    const [fresh, legacy] = await Promise.all([this.#whole('new', read), this.#whole('legacy', read)]);
    return remembered(read.route.forgotten, fresh, legacy);
  }

  async #whole(side: BackendName, read: Read): Promise<StoredAnswer> {
    const answer = await whole(side, await this.#ask(side, read), read.signal);
    return this.#options.sides.shown(side, read.route, await readable(answer));
  }
}

const touchesOf = ({ route, params }: Read): Touched => touched(route, { params });

/** Nobody gets this answer. */
function discard({ body, deadline }: BackendResponse): void {
  deadline?.end();
  if (body instanceof Readable) body.on('error', () => undefined).destroy();
}

function asList(read: Read): ListRead | undefined {
  const { elements } = read.route;
  return elements && { ...read, route: { ...read.route, elements } };
}
