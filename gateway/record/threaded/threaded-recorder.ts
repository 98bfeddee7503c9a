/**
 * The gateway's recorder: the work is done in a thread of its own, so that no request waits for the redaction of another.
 * What the thread has not worked off is bounded. An exchange that finds no room there is left out, counted and, as long as
 * there is room for that, named in the recording.
 */
import { randomBytes } from 'node:crypto';
import { Worker } from 'node:worker_threads';
import { BanyanError } from '../../errors.ts';
import { announcesBody } from '../exchange.ts';
import type { Recorder, RecorderOptions, RecorderStatus, StoppedRecording } from '../recorder.ts';
import { defaultRules } from '../redaction/rules.ts';
import { type AnswerHead, type ExchangeHead, type ExchangeTap, tapNothing } from '../tap.ts';
import { Backlog, type BacklogLimits, defaultLimits } from './backlog.ts';
import type { FromThread, ThreadData, ToThread } from './messages.ts';

export interface ThreadedOptions extends RecorderOptions {
  backlog?: BacklogLimits;
}

/** A heap that has grown beyond this ends the recording, not the gateway. */
const HEAP_MB = 256;

export function createThreadedRecorder(options: ThreadedOptions): Recorder {
  return new ThreadedRecorder(options);
}

/** One recording, from the first message to its thread to the last. */
interface Session {
  name: string;
  since: number;
  thread: Worker;
  backlog: Backlog;
  /** The thread has begun to record. */
  started: boolean;
  next: number;
  inFlight: Set<number>;
  /** Exchanges left out as the thread was behind … */
  dropped: number;
  /** … and those of these that it was not even told of. */
  unseen: number;
  /** What waits for an answer of the thread. */
  waiting: { resolve: (message: FromThread) => void; reject: (error: Error) => void } | undefined;
  /** Called when the last exchange in flight is over. */
  quiet?: () => void;
}

class ThreadedRecorder implements Recorder {
  readonly #options: ThreadedOptions;
  #session: Session | undefined;
  #status: RecorderStatus = { state: 'idle', exchanges: 0, inFlight: 0, leftOut: 0, redacted: 0, binary: 0 };
  active = false;

  constructor(options: ThreadedOptions) {
    this.#options = options;
  }

  async start(name: string, { force = false }: { force?: boolean } = {}): Promise<RecorderStatus> {
    if (this.#session) throw new BanyanError('recording_running', { name: this.#session.name });
    const session = this.#open(name);
    this.#session = session;
    try {
      const answer = await this.#ask(session, { what: 'start', at: this.#options.clock.now(), name, force });
      if (answer.what === 'started') this.#status = answer.status;
    } catch (error) {
      if (this.#session === session) this.#session = undefined;
      void session.thread.terminate();
      throw error;
    }
    session.started = true;
    this.active = true;
    this.#options.log.info({ recording: name }, 'recording');
    return this.status();
  }

  #open(name: string): Session {
    const { folder, spool, redact = defaultRules, random = randomBytes, clock, version } = this.#options;
    const workerData: ThreadData = { folder, spool, redact, key: random(32), version };
    const thread = new Worker(new URL('./thread.ts', import.meta.url), {
      workerData,
      resourceLimits: { maxOldGenerationSizeMb: HEAP_MB },
    });
    const session: Session = {
      name,
      since: clock.now(),
      thread,
      backlog: new Backlog(this.#options.backlog ?? defaultLimits),
      started: false,
      next: 0,
      inFlight: new Set(),
      dropped: 0,
      unseen: 0,
      waiting: undefined,
    };
    thread.unref();
    thread.on('message', (message: FromThread) => this.#hear(session, message));
    thread.on('error', (error) => this.#fail(session, error));
    thread.on('exit', () => this.#fail(session, new Error('its thread has ended')));
    return session;
  }

  #hear(session: Session, message: FromThread): void {
    if (message.what === 'progress') {
      session.backlog.done(message.messages, message.bytes);
      if (this.#session === session && session.started) this.#status = message.status;
      if (message.status.fault !== undefined && session.waiting === undefined)
        this.#fail(session, new Error(message.status.fault));
      return;
    }
    const { waiting } = session;
    session.waiting = undefined;
    session.thread.unref();
    if (message.what === 'refused') waiting?.reject(errorOf(message, session.name));
    else waiting?.resolve(message);
  }

  #ask(session: Session, message: ToThread): Promise<FromThread> {
    return new Promise((resolve, reject) => {
      session.waiting = { resolve, reject };
      session.thread.ref();
      this.#say(session, message);
    });
  }

  #say(session: Session, message: ToThread): void {
    const bytes = 'bytes' in message ? message.bytes : undefined;
    session.backlog.add(bytes?.length ?? 0);
    session.thread.postMessage(message, bytes ? [bytes.buffer as ArrayBuffer] : []);
  }

  begin(head: ExchangeHead): ExchangeTap {
    const session = this.#session;
    if (!session || !this.active) return tapNothing;
    if (!session.backlog.has(0)) {
      session.dropped += 1;
      session.unseen += 1;
      return tapNothing;
    }
    const exchange = session.next++;
    session.inFlight.add(exchange);
    const at = () => this.#options.clock.now();
    this.#say(session, {
      what: 'begin',
      at: at(),
      exchange,
      head: { ...head, rawHeaders: [...head.rawHeaders] },
    });
    const told = (message: ToThread) => session.inFlight.has(exchange) && this.#say(session, message);
    const body = (what: 'request' | 'response', chunk: Uint8Array) => {
      if (!session.inFlight.has(exchange)) return;
      if (session.backlog.has(chunk.length))
        this.#say(session, { what, at: at(), exchange, bytes: new Uint8Array(chunk) });
      else {
        session.dropped += 1;
        over('aborted', 'the recorder could not keep up with the traffic');
      }
    };
    const over = (what: 'end' | 'aborted', reason = '') => {
      if (what === 'end') told({ what, at: at(), exchange });
      else told({ what, at: at(), exchange, reason });
      this.#over(session, exchange);
    };
    let isWhole = { asked: !announcesBody(head.rawHeaders), answered: false };
    const concluded = (part: Partial<typeof isWhole>) => {
      isWhole = { ...isWhole, ...part };
      return isWhole.asked && isWhole.answered;
    };
    return {
      requestBody: (chunk) => body('request', chunk),
      requestEnd: () => {
        told({ what: 'requestEnd', at: at(), exchange });
        if (concluded({ asked: true })) this.#over(session, exchange);
      },
      response: (answer: AnswerHead) =>
        void told({
          what: 'answer',
          at: at(),
          exchange,
          head: { ...answer, rawHeaders: [...answer.rawHeaders] },
        }),
      responseBody: (chunk) => body('response', chunk),
      end: () => {
        told({ what: 'end', at: at(), exchange });
        // A backend that does not care for the body may answer before all of it has come.
        if (concluded({ answered: true })) this.#over(session, exchange);
      },
      aborted: (reason) => over('aborted', reason),
    };
  }

  #over(session: Session, exchange: number): void {
    session.inFlight.delete(exchange);
    if (session.inFlight.size === 0) session.quiet?.();
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
    const { name, dropped, unseen } = session;
    const answer = await this.#ask(session, { what: 'stop', at: this.#options.clock.now(), unseen }).catch(
      (error) => {
        this.#fail(session, error);
        throw error;
      },
    );
    if (answer.what !== 'stopped')
      throw new BanyanError('recording_failed', { name, reason: this.#status.fault ?? '' });
    this.#session = undefined;
    this.#status = { ...answer.status, ...(dropped > 0 && { dropped }) };
    void session.thread.terminate();
    const { file, exchanges, leftOut } = answer.recording;
    this.#options.log.info({ recording: name, file, exchanges, leftOut }, 'recording written');
    return answer.recording;
  }

  /** The recording cannot go on; the traffic does. */
  #fail(session: Session, fault: Error): void {
    session.waiting?.reject(fault instanceof BanyanError ? fault : failed(session.name, fault.message));
    session.waiting = undefined;
    if (this.#session !== session) return;
    this.active = false;
    this.#status = { ...this.status(), state: 'idle', inFlight: 0, fault: reasonOf(fault) };
    this.#session = undefined;
    session.quiet?.();
    void session.thread.terminate();
    this.#options.log.error({ recording: session.name, err: fault }, 'the recording was given up');
  }

  async close(): Promise<void> {
    // The log has what goes wrong.
    if (this.active) await this.stop({ grace: 0 }).catch(() => {});
  }

  status(): RecorderStatus {
    const session = this.#session;
    if (!session) return this.#status;
    const { exchanges, leftOut, redacted, binary } = this.#status;
    return {
      state: this.active ? 'recording' : 'stopping',
      name: session.name,
      since: new Date(session.since).toISOString(),
      exchanges,
      inFlight: session.inFlight.size,
      leftOut: leftOut + session.unseen,
      redacted,
      binary,
      ...(session.dropped > 0 && { dropped: session.dropped }),
    };
  }
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

const failed = (name: string, reason: string) => new BanyanError('recording_failed', { name, reason });

const reasonOf = (fault: Error) =>
  fault instanceof BanyanError ? String(fault.details.reason ?? fault.message) : fault.message;

function errorOf(
  { code, message, details }: Extract<FromThread, { what: 'refused' }>,
  name: string,
): BanyanError {
  return code === undefined ? failed(name, message) : new BanyanError(code, details);
}
