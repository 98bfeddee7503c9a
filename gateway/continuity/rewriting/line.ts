/** What goes out next of an answer that is rewritten while it comes. Nothing overtakes a time whose owner is not known yet. */
import { decodeString } from '@banyan/compare/json/parse.ts';
import { BanyanError } from '../../errors.ts';
import { type ExchangedTime, exchangedFor } from './exchanges.ts';

export class Line {
  #next: (Buffer | HeldTime)[] = [];

  put(bytes: Buffer): void {
    if (bytes.length > 0) this.#next.push(bytes);
  }

  putTime(token: Buffer, { publicOf }: ExchangedTime, owner: Owner): void {
    this.#next.push({ token, owner, publicOf });
  }

  /** Takes out what need not wait. @throws BanyanError where a time would change its length */
  out(): Buffer {
    const held = this.#next.findIndex((next) => 'owner' in next && !next.owner.isKnown);
    if (held === 0) return nothing;
    const going = this.#next.splice(0, held === -1 ? this.#next.length : held);
    return joined(going.map((next) => ('owner' in next ? next.owner.exchanged(next) : next)));
  }
}

interface HeldTime extends Pick<ExchangedTime, 'publicOf'> {
  token: Buffer;
  owner: Owner;
}

/** Whose the times of an object are. */
export class Owner {
  isKnown = false;
  #id: string | undefined;
  #isShown = false;

  /**
   * Of several ids the last one counts, as everywhere.
   * @param id undefined where it is no text
   * @throws BanyanError where a time has gone out as another one's
   */
  name(id: string | undefined): void {
    if (this.#isShown && id !== this.#id) throw brokenOff('an object with times has two ids');
    this.#id = id;
    this.isKnown = true;
  }

  /** No id comes any more: without one, times stay what they are. */
  end(): void {
    this.isKnown = true;
  }

  exchanged({ token, publicOf }: HeldTime): Buffer {
    this.#isShown = true;
    const id = this.#id;
    return id === undefined ? token : exchanged(token, (time) => publicOf(id, time));
  }
}

/** @throws BanyanError where it would change its length: what was said of the whole answer's is on its way */
export function exchanged(token: Buffer, publicOf: (text: string) => string): Buffer {
  const text = exchangedFor(token.toString('latin1'), publicOf);
  if (text === undefined) return token;
  if (text.length !== token.length) throw brokenOff('an id or a time in it would change its length');
  return Buffer.from(text, 'latin1');
}

export const textOf = (token: Buffer) => decodeString(token.toString('latin1'));

export const joined = (pieces: readonly Buffer[]): Buffer =>
  pieces.length === 1 && pieces[0] ? pieces[0] : Buffer.concat(pieces);

export const nothing = Buffer.alloc(0);

export const brokenOff = (reason: string) => new BanyanError('answer_broken_off', { reason });
