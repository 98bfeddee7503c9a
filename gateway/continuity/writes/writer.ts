/** A write's way through the gateway: read, admit, send, settle. */
import { type BackendName, largestBodyOf, type Route } from '@banyan/route-table/route-table.ts';
import type { BackendResponse } from '../../backends/backend.ts';
import { BanyanError } from '../../errors.ts';
import type { IdWatch } from '../alarms/id-watch.ts';
import { headerOf } from '../answers/headers.ts';
import { declaresAnswer } from '../answers/unreadable.ts';
import type { Bodies, Body, ReadOptions } from '../bodies/bodies.ts';
import { pass } from '../failpoints.ts';
import type { Settlement } from '../journal/settle.ts';
import { parseBody } from '../json/parse-body.ts';
import type { Tie } from '../model-calls/tie.ts';
import { type Handled, type Handling, handled } from '../protocol/continuity.ts';
import { type Known, madeKeys } from '../protocol/keys.ts';
import { isFed } from '../protocol/roles.ts';
import type { Answers } from '../sides/sides.ts';
import { type AdmissionGround, type Admitted, admitWrite, type Write } from './admission.ts';
import { madeIds } from './entry-content.ts';
import { partNames } from './form-parts.ts';
import { isPassedOn, passedOn, type Streaming } from './passed-on.ts';
import type { Resolver } from './resolver.ts';

/** JSON up to here is kept in the journal itself, in bytes. */
const largestJson = 8 * 1024 * 1024;

/** JSON is kept in memory whole, as the text of a model call has to be known. */
const bodyBounds = ({ route, request }: Write): ReadOptions => ({
  ...(route.body === 'json' && { keep: largestJson }),
  largest: largestBodyOf(route),
  announced: Number(headerOf(request.rawHeaders, 'content-length') ?? 0),
});

export interface WriterOptions
  extends Omit<AdmissionGround, 'moveWithin' | 'giveUpAfter'>,
    Partial<Pick<AdmissionGround, 'moveWithin' | 'giveUpAfter'>> {
  bodies: Bodies;
  resolver: Resolver;
  tie: Tie;
  idWatch: IdWatch;
}

export class Writer {
  readonly #options: Required<WriterOptions>;

  constructor(options: WriterOptions) {
    this.#options = { moveWithin: 250, giveUpAfter: 5000, ...options };
  }

  /**
   * @returns the answer, in public ids, once it is written down; or a `BanyanError` of the backend, `journal_away` or `keys_held`
   * where nothing has happened, `outcome_unknown`
   */
  async write(write: Write): Promise<Handled> {
    const { bodies } = this.#options;
    await bodies.checkDisk();
    const body = await bodies.read(write.request.body, bodyBounds(write));
    try {
      const result = await this.#write(write, body);
      // A write that was refused before it was admitted has no entry that needs its body.
      if (!result.answer && body && 'file' in body) void bodies.remove(body.file);
      return result;
    } finally {
      bodies.release(body);
    }
  }

  async #write(write: Write, body: Body | undefined): Promise<Handled> {
    try {
      return await this.#forward(await admitWrite(write, body, this.#options));
    } catch (error) {
      return { error };
    }
  }

  /** Sends what is admitted, and settles it unless the client is to see the answer as it comes. */
  async #forward(admitted: Admitted): Promise<Handled> {
    const { id, side, write, known, held } = admitted;
    const handling: Handling = { backend: side, known, held };
    let ends = () => {};
    try {
      await pass('admitted', id);
      const release = await this.#options.tie.primary(side, write.route, known, id);
      ends = release;
      const answers = await this.#send(admitted);
      if ('body' in answers) {
        // The model may be called until the answer has come to its end.
        ends = () => {};
        return { ...handling, answer: this.#passOn(answers, admitted, release) };
      }
      await pass('answered', id);
      const parts = await this.#partsOf(admitted, answers);
      const seen = parts ? { ...handling, known: { ...known, parts } } : handling;
      return await handled(seen, () => this.#settleWhole(admitted, answers));
    } catch (error) {
      return { ...handling, error };
    } finally {
      ends();
    }
  }

  /** The parts of a form that the backend failed at: they say whether the form was one that the route's schemas want. */
  async #partsOf({ write, body }: Admitted, { shown }: Answers): Promise<string[] | undefined> {
    if (shown.status < 500 || write.route.body !== 'multipart' || !body) return undefined;
    return partNames(write.request.rawHeaders, this.#options.bodies.stream(body));
  }

  async #settleWhole(admitted: Admitted, answers: Answers): Promise<BackendResponse> {
    const { shown, unreadable, isSecret } = answers;
    await this.#settle(admitted, answers);
    await pass('settled', admitted.id);
    if (isSecret)
      throw new BanyanError('answer_unreadable', { backend: admitted.side, reason: unreadable ?? '' });
    return shown;
  }

  /** The client sees the answer as it comes, and its end once the write is settled. */
  #passOn(answer: Streaming, admitted: Admitted, release: () => void): BackendResponse {
    const { id, side, write } = admitted;
    const { sides } = this.#options;
    const { status, reason, rawHeaders } = answer;
    return passedOn(answer, {
      whole: async (copy) => {
        try {
          await pass('answered', id);
          const stored = { status, reason, rawHeaders, body: copy ?? new Uint8Array() };
          const answers = await sides.answersIn(side, write.route, stored);
          await this.#settle(admitted, { ...answers, isKept: copy !== undefined });
          await pass('settled', id);
        } finally {
          release();
        }
      },
      broken: async (error) => {
        try {
          await this.#lost(id, error);
        } finally {
          release();
        }
      },
    });
  }

  /**
   * Nothing that a client does breaks it off: what was begun comes to its end, and both sides are given it.
   * @returns the whole answer, or its beginning where the client is to see it as it comes
   */
  async #send({ id, side, write, body }: Admitted): Promise<Answers | Streaming> {
    const { sides } = this.#options;
    const { route, params, request, mode } = write;
    const operation = { id, isMirrored: isFed(mode, side) };
    const sending = { route, params, request, body, operation };
    try {
      const answer = await sides.begin(side, sending, new AbortController().signal);
      if (isPassedOn(side, route, answer, sides.names)) return answer;
      return await sides.answers(side, route, answer);
    } catch (error) {
      await this.#lost(id, error);
      throw error;
    }
  }

  /** The answer did not come, or not all of it. */
  async #lost(id: string, error: unknown): Promise<void> {
    const { journal, resolver } = this.#options;
    if (error instanceof BanyanError && error.code === 'backend_unreachable') await journal.void(id);
    else {
      await journal.doubt(id);
      resolver.resolve(id);
    }
  }

  async #settle(
    { id, side, write, known }: Admitted,
    { shown, raw, isKept = true }: Pick<Answers, 'shown' | 'raw'> & { isKept?: boolean },
  ): Promise<void> {
    const { journal, idWatch, tie } = this.#options;
    const { route, mode, request } = write;
    const answered: Known = { ...known, answer: parseBody(shown.body) };
    const hasEffect = shown.status < 400 || (shown.status >= 500 && (await this.#hasTakenEffect(id)));
    if (hasEffect === 'doubt') return;
    await idWatch.written(side, { route, known, target: request.target }, raw);
    const settlement: Settlement = {
      id,
      answer: shown,
      owed: hasEffect && isFed(mode, side),
      // An answer too long to be kept is not compared. If the route declares something in it, it is kept as unreadable.
      ...(!isKept && !declaresAnswer(route) && { answer: undefined, learned: null }),
      isUntied: shown.status < 400 && this.#isUntied(side, route, id),
      calls: tie.takeCalls(side, id),
      madeKeys: shown.status < 400 ? madeKeys(route, answered) : [],
      // What `new` makes has no name on legacy until it is replayed there.
      ids: side === 'legacy' && shown.status < 400 ? madeIds(route, answered, parseBody(raw.body)) : [],
    };
    await pass('settle', id);
    await journal.settle(settlement, side);
  }

  /** Whether it made a model call that could not be tied to it; the route's alarm tells of it then. */
  #isUntied(side: BackendName, route: Route, id: string): boolean {
    const { tie, alarms } = this.#options;
    const untied = tie.untiedCallOf(side, id);
    if (untied?.isRoutes) alarms.raise(route.key, 'untied_model_call', { example: untied.example });
    return untied !== undefined;
  }

  /** An error of the backend's own may have come after the effect; where that cannot be seen now, it is in doubt. */
  async #hasTakenEffect(id: string): Promise<boolean | 'doubt'> {
    const { journal, resolver } = this.#options;
    const hasIt = await resolver.hasTakenEffect(id).catch(() => 'unknown' as const);
    if (hasIt !== 'unknown') return hasIt;
    await journal.doubt(id);
    resolver.resolve(id);
    return 'doubt';
  }
}
