/** A write's way through the gateway: read, admit, send, settle. */
import { randomUUID } from 'node:crypto';
import type { BackendName, Route } from '../../../contract/route-table.ts';
import { traceparent } from '../../../tracing/spans.ts';
import type { BackendRequest, BackendResponse } from '../../backends/backend.ts';
import { BanyanError } from '../../errors.ts';
import type { ModeName } from '../../flags/modes.ts';
import type { Bodies, Body } from '../bodies/bodies.ts';
import { pass } from '../failpoints.ts';
import type { Intent } from '../journal/admit.ts';
import { withoutCredentials } from '../journal/credentials.ts';
import type { Journal } from '../journal/journal.ts';
import type { Settlement } from '../journal/settle.ts';
import { parseBody } from '../json/places.ts';
import { type Known, madeKeys, touched } from '../keys/keys.ts';
import { isFed, otherSide } from '../modes.ts';
import { type Expected, lookBefore } from '../probe/probe.ts';
import type { Tie } from '../relay/tie.ts';
import type { Answers, Sides } from '../sides/sides.ts';
import { jsonOf, madeIds } from './made.ts';
import type { Resolver } from './resolver.ts';

/** JSON up to here is kept in the journal itself, in bytes. */
const largestJson = 8 * 1024 * 1024;

export interface WriterOptions {
  journal: Journal;
  sides: Sides;
  bodies: Bodies;
  resolver: Resolver;
  tie: Tie;
  /** Headers that are sent and not written down, in lower case. */
  secretHeaders: ReadonlySet<string>;
  /** How long a write whose keys the other side has waits for them, before it goes there, in milliseconds. */
  moveWithin?: number;
  /** How long it waits at all. */
  giveUpAfter?: number;
}

export interface Write {
  route: Route;
  params: Readonly<Record<string, string>>;
  request: BackendRequest;
  flagged: BackendName;
  /** Says whether the other side is given it. */
  mode: ModeName;
  epoch: number;
  /** Told of the side that has it, as soon as that is known, what the request says, and how many milliseconds it was held. */
  onSide(side: BackendName, known: Known, held: number): void;
}

export class Writer {
  readonly #options: Required<WriterOptions>;

  constructor(options: WriterOptions) {
    this.#options = { moveWithin: 250, giveUpAfter: 5000, ...options };
  }

  /**
   * @returns the answer, in public ids, once it is written down
   * @throws BanyanError of the backend; `journal_away` or `keys_held` where nothing has happened; `outcome_unknown`
   */
  async write(write: Write): Promise<BackendResponse> {
    const { route, params, request } = write;
    // What is said to a model has to be known, however long it is.
    const largest = route.body === 'json' ? largestJson : undefined;
    const body = await this.#options.bodies.read(request.body, largest);
    const known: Known = { params, request: jsonOf(route, body) };
    const { method, target } = request;
    const { mode } = write;
    const rawHeaders = withoutCredentials(request.rawHeaders, this.#options.secretHeaders);
    const stored = {
      method,
      target,
      rawHeaders,
      mode,
      trace: traceparent(),
      ...(body && 'file' in body && { bodyFile: body.file, form: known.request }),
    };
    const intent: Intent = {
      ...{ id: randomUUID(), epoch: write.epoch, route: route.key, keys: touched(route, known).keys },
      ...{ request: stored, body: body && 'bytes' in body ? body.bytes : undefined },
      ...{ sides: [write.flagged], expected: {} },
    };
    const { side, held } = await this.#admit(write, known, intent);
    write.onSide(side, known, held);
    await pass('admitted', intent.id);
    const release = await this.#options.tie.primary(side, route, known, intent.id);
    try {
      const answers = await this.#send(side, write, body, intent.id);
      await pass('answered', intent.id);
      const { shown } = answers;
      await this.#settle(side, write, known, intent.id, answers);
      await pass('settled', intent.id);
      return shown;
    } finally {
      release();
    }
  }

  /** Admits it to the flagged side; or, where that does not come to have the keys soon, to the side that has them. */
  async #admit(write: Write, known: Known, intent: Intent): Promise<{ side: BackendName; held: number }> {
    const { journal, moveWithin, giveUpAfter } = this.#options;
    const began = performance.now();
    let blocked: number | undefined;
    for (;;) {
      const waited = performance.now() - began;
      if (waited >= giveUpAfter) throw new BanyanError('keys_held');
      const sides: BackendName[] =
        waited < moveWithin ? [write.flagged] : [write.flagged, otherSide[write.flagged]];
      const expected = await this.#expected(sides, write.route, known);
      const admitted = await journal.admit({ ...intent, sides, expected });
      const now = performance.now();
      if (admitted !== 'blocked') return { side: admitted.side, held: now - (blocked ?? now) };
      blocked ??= now;
      const left = (waited < moveWithin ? moveWithin : giveUpAfter) - (performance.now() - began);
      await journal.lag.change(left);
    }
  }

  /** `new` keeps what it did by the operation's id; only legacy has to be looked at. */
  async #expected(
    sides: readonly BackendName[],
    route: Route,
    known: Known,
  ): Promise<Partial<Record<BackendName, Expected>>> {
    if (!sides.includes('legacy')) return {};
    const legacy = await lookBefore(this.#options.sides, 'legacy', route, known);
    return legacy ? { legacy } : {};
  }

  /** Nothing that a client does breaks it off: what was begun comes to its end, and both sides are given it. */
  async #send(
    side: BackendName,
    { route, params, request, mode }: Write,
    body: Body | undefined,
    id: string,
  ) {
    const { sides, journal, resolver } = this.#options;
    const operation = { id, isMirrored: isFed(mode, side) };
    const sending = { route, params, request, body, operation };
    try {
      return await sides.send(side, sending, new AbortController().signal);
    } catch (error) {
      if (error instanceof BanyanError && error.code === 'backend_unreachable') await journal.void(id);
      else {
        await journal.doubt(id);
        resolver.resolve(id);
      }
      throw error;
    }
  }

  async #settle(
    side: BackendName,
    { route, mode }: Write,
    known: Known,
    id: string,
    { shown, raw }: Answers,
  ): Promise<void> {
    const { journal } = this.#options;
    const answered: Known = { ...known, answer: parseBody(shown.body) };
    const hasEffect = shown.status < 400 || (shown.status >= 500 && (await this.#hasTakenEffect(id)));
    if (hasEffect === 'doubt') return;
    const settlement: Settlement = {
      ...{ id, answer: shown, owed: hasEffect && isFed(mode, side) },
      calls: this.#options.tie.takeCalls(side, id),
      madeKeys: shown.status < 400 ? madeKeys(route, answered) : [],
      // What `new` makes has no name on legacy until it is replayed there.
      ids: side === 'legacy' && shown.status < 400 ? madeIds(route, answered, parseBody(raw.body)) : [],
    };
    await pass('settle', id);
    await journal.settle(settlement, side);
  }

  /** An error of the backend's own may have come after the effect; where that cannot be seen now, it is in doubt. */
  async #hasTakenEffect(id: string): Promise<boolean | 'doubt'> {
    const { journal, resolver } = this.#options;
    try {
      return await resolver.hasTakenEffect(id);
    } catch {
      await journal.doubt(id);
      resolver.resolve(id);
      return 'doubt';
    }
  }
}
