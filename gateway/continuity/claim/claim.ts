/**
 * A gateway's claim to the database: one gateway at a time admits writes and mirrors them. The claim is a row with a holder and
 * a fence, taken over by compare-and-set; every admission and every mark of the mirror checks the fence in its own transaction.
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { Session } from '@banyan/operations/db/session.ts';
import { BanyanError } from '../../errors.ts';
import type { Logger } from '../../log.ts';
import {
  type Duty,
  type Holder,
  hasDuties,
  holdsDuty,
  keepDuty,
  leaveDuty,
  noteConsole,
  readDuty,
  sessionName,
  takeDuty,
} from './duty.ts';
import { claimsHere, type GoneOptions, isGone } from './gone.ts';
import { type ProcessName, thisProcess } from './process.ts';

export interface ClaimOptions extends Pick<GoneOptions, 'reconnectWithin' | 'saidGone'> {
  /** Opens a connection that shows this name in the server's list. Undefined: no other process has the database. */
  openSession?: ((name: string) => Promise<Session>) | undefined;
  /** Asks the database, where there is no session. */
  query: Session['query'];
  log: Logger;
  /** This process, unless told. */
  self?: ProcessName;
}

/** Between two looks whether the claim is still this gateway's, and between two attempts to connect, in milliseconds. */
const [betweenLooks, betweenAttempts] = [1000, 100];

export class Claim {
  readonly id: string;
  /** Grows with every takeover. */
  readonly fence: string;
  readonly #options: ClaimOptions;
  readonly #closing = new AbortController();
  readonly #lost = Promise.withResolvers<BanyanError>();
  #session: Session | undefined;
  #watching: Promise<void> = Promise.resolve();
  #error: BanyanError | undefined;

  private constructor(options: ClaimOptions, id: string, fence: string, session: Session | undefined) {
    this.#options = options;
    this.id = id;
    this.fence = fence;
    this.#session = session;
    claimsHere.add(id);
    const { openSession } = options;
    if (session && openSession) this.#watching = this.#watch(session, () => openSession(sessionName(id)));
  }

  /** @throws BanyanError `gateway_claimed` where another gateway has the database and is not gone */
  static async take(options: ClaimOptions): Promise<Claim> {
    const id = randomUUID();
    const self = options.self ?? thisProcess();
    const session = await options.openSession?.(sessionName(id));
    const asked = session ?? options;
    try {
      for (;;) {
        const duty = await unlessHeld(asked, { ...options, self });
        const fence = await takeDuty(asked, duty.fence, id, self);
        if (fence === undefined) continue;
        if (duty.holder) {
          const { pid, host, since } = duty.holder;
          options.log.warn({ pid, host, since, fence }, 'took the database over from a gateway that is gone');
        }
        return new Claim(options, id, fence, session);
      }
    } catch (error) {
      await session?.close();
      throw error;
    }
  }

  /** Resolves where another gateway has taken over. */
  get lost(): Promise<BanyanError> {
    return this.#lost.promise;
  }

  /** @throws BanyanError `claim_lost` where another gateway has taken over */
  check(): void {
    if (this.#error) throw this.#error;
  }

  /** For whom another gateway finds in its way. */
  async noteConsole(url: string): Promise<void> {
    if (this.#session) await noteConsole(this.#session, this.id, url).catch(() => undefined);
  }

  /** A statement was refused for its fence. @returns the error that says so */
  lose(by?: Holder): BanyanError {
    if (this.#error) return this.#error;
    const where = by ? `process ${by.pid} on ${by.host}` : 'another gateway';
    this.#error = new BanyanError('claim_lost', { where });
    this.#options.log.error({ code: 'claim_lost', by }, this.#error.message);
    this.#lost.resolve(this.#error);
    return this.#error;
  }

  /** Gives the database up, so that the next gateway can claim it at once. */
  async close(): Promise<void> {
    this.#closing.abort();
    await this.#watching;
    claimsHere.delete(this.id);
    await leaveDuty(this.#session ?? this.#options, this.fence, this.id).catch(() => undefined);
    await this.#session?.close();
  }

  /** Looks again and again, so that also a gateway that is asked nothing notices that it has lost the claim. */
  async #watch(first: Session, open: () => Promise<Session>): Promise<void> {
    const { signal } = this.#closing;
    let session: Session | undefined = first;
    while (!signal.aborted && !this.#error)
      try {
        if (!session) {
          session = await open();
          this.#session = session;
          // The row has to name the new connection.
          await keepDuty(session, this.fence, this.id);
        }
        await this.#watchBy(session);
      } catch {
        await session?.close();
        session = undefined;
        await rest(betweenAttempts, signal);
      }
  }

  /** Resolves when the gateway closes or has lost the claim. @throws where the connection breaks */
  async #watchBy(session: Session): Promise<void> {
    const over = new AbortController();
    const end = () => over.abort();
    void session.ended.then(end);
    this.#closing.signal.addEventListener('abort', end, { once: true });
    try {
      for (; !this.#closing.signal.aborted; await rest(betweenLooks, over.signal))
        if (!(await holdsDuty(session, this.fence))) return void this.lose((await readDuty(session)).holder);
    } finally {
      this.#closing.signal.removeEventListener('abort', end);
    }
  }
}

const rest = (milliseconds: number, signal: AbortSignal) =>
  pause(milliseconds, undefined, { signal, ref: false }).catch(() => undefined);

/**
 * For what writes to the database without a claim, and before a migration that the holder does not know.
 * @throws BanyanError `gateway_claimed` where a gateway has the database
 */
export async function refuseIfClaimed(
  session: Pick<Session, 'query'>,
  options: Partial<GoneOptions> = {},
): Promise<void> {
  if (await hasDuties(session)) await unlessHeld(session, options);
}

/** @returns the duty, which nobody has any more */
async function unlessHeld(session: Pick<Session, 'query'>, options: Partial<GoneOptions>): Promise<Duty> {
  const look = () => readDuty(session);
  const self = options.self ?? thisProcess();
  const duty = await look();
  const { holder } = duty;
  if (holder && !(await isGone(duty, { ...options, self, look })))
    throw claimedBy((await look()).holder ?? holder);
  return duty;
}

function claimedBy({ id, pid, host, since, console }: Holder): BanyanError {
  return new BanyanError('gateway_claimed', {
    holder: id,
    pid,
    host,
    since: `${since.slice(0, 19).replace('T', ' ')} UTC`,
    console: console ?? 'not open yet',
  });
}
