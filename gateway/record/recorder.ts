/**
 * Captures live traffic at the gateway as HAR 1.2. The gateway's pipeline calls it, for each exchange:
 *
 * ```ts
 * const tap = recorder.active ? recorder.begin(head) : undefined;
 * tap?.requestBody(chunk); tap?.requestEnd();
 * tap?.response({ status, reason, rawHeaders, backend }); tap?.responseBody(chunk);
 * tap?.end();                       // or tap?.aborted('the client went away')
 * ```
 *
 * A tap never throws and never waits: a fault of the recorder (a full disk) ends the recording, not the exchange.
 */
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { BanyanError } from '../errors.ts';
import { assemble } from './assemble.ts';
import { type Ended, RecordedExchange } from './exchange.ts';
import type { LeftOut } from './har.ts';
import { Redactor } from './redaction/redactor.ts';
import { defaultRules, type RedactionRules } from './redaction/rules.ts';
import { Spool } from './spool.ts';
import { type ExchangeHead, type ExchangeTap, tapNothing } from './tap.ts';

export interface RecorderStatus {
  state: 'idle' | 'recording' | 'stopping';
  /** The recording under way, else the last one. */
  name?: string;
  /** ISO 8601, UTC. */
  since?: string;
  /** Exchanges recorded so far. */
  exchanges: number;
  /** Exchanges that began and have not ended. */
  inFlight: number;
  /** Exchanges left out: aborted, failed, not over when the recording stopped, or dropped. */
  leftOut: number;
  /** Exchanges of these that were left out as the recorder could not keep up with the traffic; none where it is missing. */
  dropped?: number;
  /** Values replaced by stand-ins. */
  redacted: number;
  /** Bodies and file parts kept as sent because they are binary. */
  binary: number;
  /** The HAR file, once the recording is written. */
  file?: string;
  /** What ended the recording by itself, e.g. a full disk. */
  fault?: string;
}

export interface StoppedRecording {
  name: string;
  /** The HAR file. */
  file: string;
  exchanges: number;
  leftOut: number;
  redacted: number;
  binary: number;
}

export interface Recorder {
  /** Cheap; looked at for every request. */
  readonly active: boolean;
  begin(head: ExchangeHead): ExchangeTap;
  /**
   * Starts a recording; exchanges already under way are not part of it.
   * @throws BanyanError `recording_name`, `recording_exists` (unless `force`), `recording_running`, `recording_failed`.
   */
  start(name: string, options?: { force?: boolean }): Promise<RecorderStatus>;
  /**
   * Takes no new exchanges, waits for those in flight (`grace`, 10 s unless told), and writes the HAR file.
   * @throws BanyanError `recording_none`, `recording_failed`.
   */
  stop(options?: { grace?: number }): Promise<StoppedRecording>;
  status(): RecorderStatus;
  /** Writes the recording under way, if there is one; for when the gateway stops. Never rejects. */
  close(): Promise<void>;
}

export interface RecorderOptions {
  /** Where recordings go: `NAME.har`, and `files/<sha256>` for large bodies and uploads. */
  folder: string;
  /** Where a recording under way is kept, already redacted; emptied when one starts. */
  spool: string;
  /** What counts as a secret; `defaultRules` unless told. */
  redact?: RedactionRules;
  clock: { now(): number };
  /** A fresh secret for each recording, from which stand-ins are made; never stored. */
  random?: (bytes: number) => Uint8Array;
  log: { info(details: object, message: string): void; error(details: object, message: string): void };
  /** Named as the HAR file's creator. */
  version?: string;
}

/** Works where it is called, and is done when the call returns: for what is in no hurry, and for a thread of its own. */
export function createRecorder(options: RecorderOptions): LocalRecorder {
  return new FileRecorder(options);
}

export interface LocalRecorder extends Recorder {
  /** Counts exchanges that passed and of which nothing else is known. */
  unseen(count: number): void;
}

/** More exchanges that were left out are counted and not named. */
const MOST_NAMED = 10_000;

/** What one recording knows of itself. */
interface Session {
  name: string;
  since: number;
  redactor: Redactor;
  spool: Spool;
  sequence: number;
  exchanges: number;
  inFlight: Set<RecordedExchange>;
  leftOut: LeftOut[];
  /** Exchanges left out beyond those that are named. */
  unnamed: number;
  asSent: Set<string>;
  /** Called when the last exchange in flight is over. */
  quiet?: () => void;
}

class FileRecorder implements LocalRecorder {
  readonly #options: RecorderOptions;
  #session: Session | undefined;
  #status: RecorderStatus = { state: 'idle', exchanges: 0, inFlight: 0, leftOut: 0, redacted: 0, binary: 0 };
  active = false;

  constructor(options: RecorderOptions) {
    this.#options = options;
  }

  async start(name: string, { force = false }: { force?: boolean } = {}): Promise<RecorderStatus> {
    if (!/^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/.test(name)) throw new BanyanError('recording_name', { name });
    const file = join(this.#options.folder, `${name}.har`);
    if (!force && existsSync(file)) throw new BanyanError('recording_exists', { name, file });
    // After this line nothing is awaited, so that of two starts at once one is refused.
    if (this.#session) throw new BanyanError('recording_running', { name: this.#session.name });
    const { redact = defaultRules, clock, random = randomBytes } = this.#options;
    this.#session = {
      name,
      since: clock.now(),
      redactor: new Redactor(redact, random(32)),
      spool: this.#openSpool(name),
      sequence: 0,
      exchanges: 0,
      inFlight: new Set(),
      leftOut: [],
      unnamed: 0,
      asSent: new Set(),
    };
    this.active = true;
    this.#options.log.info({ recording: name }, 'recording');
    return this.status();
  }

  #openSpool(name: string): Spool {
    try {
      return new Spool(this.#options.spool);
    } catch (fault) {
      throw new BanyanError('recording_failed', { name, reason: messageOf(fault) }, fault);
    }
  }

  begin(head: ExchangeHead): ExchangeTap {
    const session = this.#session;
    if (!session || !this.active) return tapNothing;
    const { redactor, spool } = session;
    const next = () => session.sequence++;
    const exchange: RecordedExchange = new RecordedExchange(
      { redactor, spool, now: () => this.#options.clock.now(), next },
      head,
      (ended) => this.#ended(session, exchange, ended),
    );
    session.inFlight.add(exchange);
    return exchange;
  }

  #ended(session: Session, exchange: RecordedExchange, ended: Ended): void {
    session.inFlight.delete(exchange);
    if (this.#session === session) {
      try {
        this.#keep(session, ended);
      } catch (fault) {
        this.#fail(session, fault);
      }
    }
    if (session.inFlight.size === 0) session.quiet?.();
  }

  #keep(session: Session, ended: Ended): void {
    if (ended === 'ignored') return;
    if ('fault' in ended) throw ended.fault;
    if ('leftOut' in ended) {
      if (session.leftOut.length < MOST_NAMED) session.leftOut.push(ended.leftOut);
      else session.unnamed += 1;
      return;
    }
    session.spool.add(ended.entry._sequence.start, ended.entry);
    session.exchanges += 1;
    for (const sha256 of ended.asSent) session.asSent.add(sha256);
  }

  /** The recording cannot go on; the traffic does. */
  #fail(session: Session, fault: unknown): void {
    if (this.#session !== session) return;
    this.active = false;
    this.#status = { ...this.#snapshot(session), state: 'idle', fault: messageOf(fault) };
    this.#session = undefined;
    session.spool.remove();
    session.quiet?.();
    this.#options.log.error({ recording: session.name, err: fault }, 'the recording was given up');
  }

  async stop({ grace = 10_000 }: { grace?: number } = {}): Promise<StoppedRecording> {
    const session = this.#session;
    if (!session || !this.active) {
      const { fault, name = '' } = this.#status;
      if (fault && !session) throw new BanyanError('recording_failed', { name, reason: fault });
      throw new BanyanError('recording_none');
    }
    this.active = false;
    await quiet(session, grace);
    for (const exchange of session.inFlight) exchange.giveUp();
    if (this.#session !== session)
      throw new BanyanError('recording_failed', { name: session.name, reason: this.#status.fault ?? '' });
    try {
      const file = await this.#assemble(session);
      this.#status = { ...this.#snapshot(session), state: 'idle', file };
      this.#session = undefined;
      session.spool.remove();
      const { exchanges, leftOut, redacted, binary } = this.#status;
      this.#options.log.info({ recording: session.name, file, exchanges, leftOut }, 'recording written');
      return { name: session.name, file, exchanges, leftOut, redacted, binary };
    } catch (fault) {
      this.#fail(session, fault);
      throw new BanyanError('recording_failed', { name: session.name, reason: messageOf(fault) }, fault);
    }
  }

  #assemble(session: Session): Promise<string> {
    return assemble({
      folder: this.#options.folder,
      name: session.name,
      spool: session.spool,
      log: {
        version: '1.2',
        creator: { name: 'banyan', version: this.#options.version ?? '0' },
        comment:
          'Recorded at the gateway; names that begin with _ are explained in contract-tests/README.md.',
        pages: [],
        _standIns: session.redactor.standIns(),
        _asSent: [...session.asSent].sort(),
        _leftOut: [
          ...session.leftOut.toSorted((a, b) => a._sequence.start - b._sequence.start),
          ...unnamed(session),
        ],
      },
    });
  }

  unseen(count: number): void {
    if (this.#session) this.#session.unnamed += count;
  }

  async close(): Promise<void> {
    // What goes wrong is in the log.
    if (this.active) await this.stop({ grace: 0 }).catch(() => {});
  }

  status(): RecorderStatus {
    return this.#session ? this.#snapshot(this.#session) : this.#status;
  }

  #snapshot(session: Session): RecorderStatus {
    return {
      state: this.active ? 'recording' : 'stopping',
      name: session.name,
      since: new Date(session.since).toISOString(),
      exchanges: session.exchanges,
      inFlight: session.inFlight.size,
      leftOut: session.leftOut.length + session.unnamed,
      redacted: session.redactor.replaced,
      binary: session.asSent.size,
    };
  }
}

function unnamed({ unnamed: count, sequence }: Session): LeftOut[] {
  if (count === 0) return [];
  const reason = `${count} further exchanges are not named: there were too many for the recorder`;
  return [{ _sequence: { start: sequence }, method: '*', url: '', reason }];
}

/** Resolves when nothing is in flight, or after `grace` milliseconds. */
function quiet(session: Session, grace: number): Promise<void> {
  if (session.inFlight.size === 0) return Promise.resolve();
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, grace);
    session.quiet = () => {
      clearTimeout(timer);
      resolve();
    };
  });
}

const messageOf = (fault: unknown) => (fault instanceof Error ? fault.message : String(fault));
