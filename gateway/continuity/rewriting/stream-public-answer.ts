/**
 * A side's answer as clients know it, rewritten while it comes: what `public-answer.ts` does with a whole one, where
 * `canBeStreamed`. Of the body no more is held back than the token that is being read, and what comes from a time to the id
 * that says whose it is, or to the end of the object that should have one.
 */
import { pipeline, type Readable, Transform, type TransformCallback } from 'node:stream';
import { JsonScanner, type Kind } from '../json/scanner.ts';
import type { Exchanges } from './exchanges.ts';
import { brokenOff, exchanged, joined, Line, nothing, Owner, textOf } from './line.ts';
import { longestKey, type PlaceNode, placeTree } from './place-tree.ts';

/**
 * Each stream is destroyed with the other.
 * @throws BanyanError `answer_broken_off`, out of the stream, as a client has to see a broken answer rather than a wrong one:
 * where the answer stops being JSON, as what comes then may have any id in it; where a token would change its length after
 * all (what it is exchanged for was learned since the head went out, or it has escapes that it does not need); and where an
 * object has a second id and a time went out as the first one's.
 */
export function publicStream(body: Readable, exchanges: Exchanges): Readable {
  const rewriter = new Rewriter(exchanges);
  const rewritten = new Transform({
    transform: (piece: Buffer, _encoding, done) => settle(done, () => rewriter.write(piece)),
    flush: (done) => settle(done, () => rewriter.end()),
  });
  // The reader of the stream sees its error.
  pipeline(body, rewritten, () => undefined);
  return rewritten;
}

const byteOrderMark = [0xef, 0xbb, 0xbf];

function settle(done: TransformCallback, work: () => Buffer): void {
  let out: Buffer;
  try {
    out = work();
  } catch (error) {
    done(error as Error);
    return;
  }
  done(null, out);
}

/** An object or an array that has places in it. */
interface Container {
  place: PlaceNode;
  isObject: boolean;
  /** Where the member stands whose key came last. */
  member?: PlaceNode | undefined;
  /** Where times belong to it. */
  owner?: Owner;
}

/** A text on its way through. */
interface Token {
  /** Of a value that may be exchanged, which is held back; a key is only read. */
  place?: PlaceNode;
  before: Buffer[];
  /** In the piece that is being read. */
  start: number;
}

class Rewriter {
  readonly #scanner = new JsonScanner({
    value: (kind, at) => this.#value(kind, at),
    key: (at) => this.#key(at),
    stringEnd: (end) => this.#stringEnd(end),
    close: () => this.#close(),
  });
  readonly #root: PlaceNode;
  readonly #longestKey: number;
  readonly #containers: Container[] = [];
  /** How many are open that have no places in them. */
  #passed = 0;
  /** How much of a byte order mark has come; undefined once something else has. */
  #mark: number | undefined = 0;
  #piece: Buffer = nothing;
  /** Up to where the piece was put into the line. */
  #done = 0;
  #token: Token | undefined;
  readonly #line = new Line();

  constructor(exchanges: Exchanges) {
    this.#root = placeTree(exchanges);
    this.#longestKey = longestKey(this.#root);
  }

  /** @returns what can go out by now. @throws BanyanError `answer_broken_off` */
  write(piece: Buffer): Buffer {
    const text = this.#afterMark(piece);
    this.#piece = text;
    this.#done = 0;
    if (this.#scanner.scan(text) < text.length) throw brokenOff('it is not JSON');
    this.#keepToken();
    if (!this.#token?.place) this.#putUpTo(text.length);
    return this.#line.out();
  }

  /** @returns the rest. @throws BanyanError where something is missing, of a number only where it could not have ended */
  end(): Buffer {
    if (!this.#scanner.isWhole) throw brokenOff('it ends before its JSON does');
    return this.#line.out();
  }

  /** Passes a byte order mark on. @returns what comes after it */
  #afterMark(piece: Buffer): Buffer {
    let at = 0;
    while (this.#mark !== undefined && at < piece.length) {
      if (piece[at] !== byteOrderMark[this.#mark]) {
        if (this.#mark > 0) throw brokenOff('it is not JSON');
        this.#mark = undefined;
        break;
      }
      at += 1;
      this.#mark = this.#mark === 2 ? undefined : this.#mark + 1;
    }
    this.#line.put(piece.subarray(0, at));
    return piece.subarray(at);
  }

  #value(kind: Kind, at: number): void {
    const isContainer = kind === 'object' || kind === 'array';
    const container = this.#containers.at(-1);
    const place = this.#passed > 0 ? undefined : container ? placeIn(container) : this.#root;
    if (!place) {
      if (isContainer) this.#passed += 1;
      return;
    }
    if (place.isOwnersId && kind !== 'string') container?.owner?.name(undefined);
    if (isContainer) this.#containers.push(opened(place, kind));
    else if (kind === 'string' && (place.isOwnersId || place.id || place.time)) {
      this.#putUpTo(at);
      this.#token = { place, before: [], start: at };
    }
  }

  #key(at: number): void {
    const container = this.#containers.at(-1);
    if (this.#passed > 0 || !container) return;
    container.member = undefined;
    if (container.place.members.size > 0) this.#token = { before: [], start: at };
  }

  #stringEnd(end: number): void {
    if (!this.#token) return;
    const { place, before, start } = this.#token;
    this.#token = undefined;
    const token = joined([...before, this.#piece.subarray(start, end)]);
    if (place) {
      this.#done = end;
      this.#exchange(place, token);
      return;
    }
    const container = this.#containers.at(-1);
    if (container) container.member = container.place.members.get(textOf(token) ?? '');
  }

  #exchange({ isOwnersId, id, time }: PlaceNode, token: Buffer): void {
    if (isOwnersId) this.#containers.at(-1)?.owner?.name(textOf(token));
    const owner = time && this.#containers[time.owner.depth]?.owner;
    if (owner) this.#line.putTime(token, time, owner);
    else this.#line.put(id ? exchanged(token, id.publicOf) : token);
  }

  #close(): void {
    if (this.#passed > 0) this.#passed -= 1;
    else this.#containers.pop()?.owner?.end();
  }

  #putUpTo(end: number): void {
    this.#line.put(this.#piece.subarray(this.#done, end));
    this.#done = end;
  }

  /** A token goes on in the next piece. */
  #keepToken(): void {
    if (!this.#token) return;
    const { place, before, start } = this.#token;
    before.push(this.#piece.subarray(start));
    this.#token.start = 0;
    const length = before.reduce((sum, bytes) => sum + bytes.length, 0);
    if (!place && length > this.#longestKey) this.#token = undefined;
  }
}

function opened(place: PlaceNode, kind: 'object' | 'array'): Container {
  const isObject = kind === 'object';
  return { place, isObject, ...(isObject && place.hasOwner && { owner: new Owner() }) };
}

const placeIn = ({ place, isObject, member }: Container) => (isObject ? member : place.items);
