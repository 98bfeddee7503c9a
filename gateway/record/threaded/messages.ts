/** What the gateway's thread and the recording's thread say to each other. Times are milliseconds since 1970. */
import type { ErrorCode } from '../../errors.ts';
import type { RecorderStatus, StoppedRecording } from '../recorder.ts';
import type { RedactionRules } from '../redaction/rules.ts';
import type { AnswerHead, ExchangeHead } from '../tap.ts';

/** How the recording's thread begins. */
export interface ThreadData {
  folder: string;
  spool: string;
  redact: RedactionRules;
  /** What stand-ins are made from. */
  key: Uint8Array;
  version: string | undefined;
}

/** `exchange` is a number that the gateway gives to each; `at` is when it happened. */
export type ToThread =
  | { what: 'start'; at: number; name: string; force: boolean }
  | { what: 'begin'; at: number; exchange: number; head: ExchangeHead }
  | { what: 'request' | 'response'; at: number; exchange: number; bytes: Uint8Array }
  | { what: 'requestEnd' | 'end'; at: number; exchange: number }
  | { what: 'answer'; at: number; exchange: number; head: AnswerHead }
  | { what: 'aborted'; at: number; exchange: number; reason: string }
  /** `unseen`: exchanges of which nothing was said. */
  | { what: 'stop'; at: number; unseen: number };

export type FromThread =
  /** So much was worked off, and this is how far the recording is. */
  | { what: 'progress'; messages: number; bytes: number; status: RecorderStatus }
  | { what: 'started'; status: RecorderStatus }
  | { what: 'stopped'; status: RecorderStatus; recording: StoppedRecording }
  | {
      what: 'refused';
      code: ErrorCode | undefined;
      message: string;
      details: Record<string, string | number>;
    };
