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
import type { BackendName, RouteKey } from '../../contract/route-table.ts';

/** Who gave an answer; the gateway's own (502, 400, …) are kept, and not replayed. */
export type AnsweredBy = BackendName | 'gateway';

export interface ExchangeHead {
  method: string;
  /** As the client sent it, in whatever form. */
  target: string;
  /** `1.1`, as Node has it. */
  httpVersion: string;
  /** Name, value, name, value, … as the client sent them. */
  rawHeaders: readonly string[];
  routeKey: RouteKey;
}

export interface AnswerHead {
  status: number;
  reason: string;
  /** As written to the client, as far as the gateway knows them. */
  rawHeaders: readonly string[];
  backend: AnsweredBy;
}

/** One exchange on its way through the gateway. Exactly one of `end` and `aborted` concludes it; later calls are ignored. */
export interface ExchangeTap {
  /** The chunk is read before the call returns; the caller may reuse it. */
  requestBody(chunk: Uint8Array): void;
  requestEnd(): void;
  response(head: AnswerHead): void;
  responseBody(chunk: Uint8Array): void;
  /** The answer is whole: the exchange is recorded. */
  end(): void;
  /** It will never be whole: it is not recorded, but listed as left out, with the reason. */
  aborted(reason: string): void;
}

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
  /** Exchanges left out: aborted, or not over when the recording stopped. */
  leftOut: number;
  /** Values replaced by stand-ins. */
  redacted: number;
  /** Bodies and file parts kept as sent because they are binary. */
  binary: number;
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
   * @throws BanyanError `recording_name`, `recording_exists` (unless `force`), `recording_running`.
   */
  start(name: string, options?: { force?: boolean }): Promise<RecorderStatus>;
  /**
   * Takes no new exchanges, waits for those in flight (`grace`, 10 s unless told), and writes the HAR file.
   * @throws BanyanError `recording_none`, `recording_failed`.
   */
  stop(options?: { grace?: number }): Promise<StoppedRecording>;
  status(): RecorderStatus;
}
