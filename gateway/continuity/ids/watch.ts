/**
 * Holds the ids in the backends' answers against the formats that the route table declares, and raises an alarm if they do not
 * fit. What a client has named itself says nothing of a backend: a stranger must not be able to raise an alarm.
 */
import { pipeline, Transform } from 'node:stream';
import type { BackendName, Route } from '@banyan/route-table/route-table.ts';
import type { BackendResponse } from '../../backends/backend.ts';
import type { Alarms } from '../alarms/alarms.ts';
import type { JournalDb } from '../journal/tables.ts';
import { parseBody } from '../json/places.ts';
import type { StoredAnswer } from '../protocol/entry.ts';
import { type Known, keyOf } from '../protocol/keys.ts';
import {
  described,
  isReadable,
  isSuccess,
  type UnsupportedId,
  unsupportedMade,
  unsupportedNamed,
  unsupportedUsed,
} from './unsupported.ts';

/** A request as far as the watch needs it. */
export interface Watched {
  route: Route;
  known: Known;
  /** Path and query. */
  target: string;
}

/** One answer of a read is looked into in this time, for each route and backend, in milliseconds. */
const pace = 1000;
/** Bytes of a read's answer that are looked into. */
const largest = 1024 * 1024;

export class IdWatch {
  readonly #alarms: Alarms;
  readonly #db: () => Promise<JournalDb>;
  readonly #looked = new Map<string, number>();

  constructor(alarms: Alarms, db: () => Promise<JournalDb>) {
    this.#alarms = alarms;
    this.#db = db;
  }

  /**
   * Looks into the answer to a write, the backend's own.
   * @param isReplay a replay's answer that lacks an id may be no answer of the application; the mirror judges that
   * @returns whether a made id is not of its format
   */
  async written(
    backend: BackendName,
    watched: Watched,
    answer: StoredAnswer,
    { isReplay = false } = {},
  ): Promise<boolean> {
    if (!isSuccess(answer) || !isReadable(answer)) return false;
    const json = parseBody(answer.body);
    const made = unsupportedMade(watched.route, json).filter(({ value }) => !isReplay || value !== undefined);
    for (const id of made) this.#raise(backend, watched.route, id);
    await this.#judgeUsed(backend, watched, json);
    return made.length > 0;
  }

  /** Looks into the answer to a read while it passes, now and then. @returns the answer to go on with */
  async read(backend: BackendName, watched: Watched, answer: BackendResponse): Promise<BackendResponse> {
    const { body } = answer;
    if (!this.#isToBeRead(watched) || !isSuccess(answer) || !isReadable(answer)) return answer;
    if (!this.#isDue(`${backend} ${watched.route.key}`)) return answer;
    if (body instanceof Uint8Array) {
      if (body.byteLength <= largest) await this.#judgeUsed(backend, watched, parseBody(body));
      return answer;
    }
    const pieces: Buffer[] = [];
    let length = 0;
    const passing = new Transform({
      transform(piece: Buffer, _encoding, done) {
        length += piece.length;
        if (length <= largest) pieces.push(piece);
        done(null, piece);
      },
      flush: (done) => {
        const judged =
          length <= largest ? this.#judgeUsed(backend, watched, parseBody(Buffer.concat(pieces))) : undefined;
        void Promise.resolve(judged).finally(() => done());
      },
    });
    // Whoever reads the stream learns of its error there.
    pipeline(body, passing, () => undefined);
    return { ...answer, body: passing };
  }

  #isToBeRead({ route }: Watched): boolean {
    return route.ids.some(({ place, role }) => place.in === 'response' && role === 'used');
  }

  #isDue(key: string): boolean {
    const now = performance.now();
    if (now - (this.#looked.get(key) ?? Number.NEGATIVE_INFINITY) < pace) return false;
    this.#looked.set(key, now);
    return true;
  }

  async #judgeUsed(backend: BackendName, watched: Watched, json: unknown): Promise<void> {
    const found = unsupportedUsed(watched.route, json);
    // A backend may repeat an id that a client made up, in whatever spelling.
    if (found.length === 0 || unsupportedNamed(watched.route, watched.known).length > 0) return;
    for (const id of found) {
      if (isNamedIn(watched, String(id.value)) || (await this.#wasNamed(id))) continue;
      this.#raise(backend, watched.route, id);
      return;
    }
  }

  /** Whether a client has written to a thing of that name: a backend shows it since. Where nobody can say, it may be so. */
  async #wasNamed({ kind, value }: UnsupportedId): Promise<boolean> {
    try {
      const row = await (await this.#db())
        .selectFrom('keys')
        .select('key')
        .where('key', '=', keyOf(kind, String(value)))
        .executeTakeFirst();
      return row !== undefined;
    } catch {
      return true;
    }
  }

  #raise(backend: BackendName, route: Route, id: UnsupportedId): void {
    this.#alarms.raise(route.key, 'unsupported_id', {
      example: described(backend, id),
      kind: id.kind,
      madeBy: id.role === 'made' ? backend : undefined,
    });
  }
}

/** Whether a request says a text: in its path, its query or its body. */
function isNamedIn({ known, target }: Watched, text: string): boolean {
  if (Object.values(known.params).includes(text)) return true;
  const query = new URLSearchParams(target.split('?')[1] ?? '');
  return [...query.values()].includes(text) || says(known.request, text);
}

function says(value: unknown, text: string): boolean {
  if (typeof value !== 'object' || value === null) return value !== undefined && String(value) === text;
  return Object.values(value).some((each) => says(each, text));
}
