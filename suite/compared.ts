/** What the suite finds: of two answers, of a recording's noise, and of each recorded exchange. */
import type { Judgement, Verdict } from '@banyan/compare/accept.ts';
import type { Answer, Tolerated } from '@banyan/compare/answer.ts';
import type { ModelCallSeen } from '@banyan/compare/model-calls.ts';
import type { RouteKey } from '@banyan/route-table/route-table.ts';
import type { Request } from './replay/send.ts';

/** Which two answers were compared: the recorded one with legacy's, or legacy's with the new backend's. */
export type Pair = 'recording-legacy' | 'legacy-new';

/** One comparison of one exchange. */
export interface Compared {
  recording: string;
  index: number;
  route: RouteKey;
  method: string;
  /** As recorded. */
  target: string;
  /** As it was sent to legacy. */
  request: Request;
  pair: Pair;
  judgement: Judgement;
  tolerated: Tolerated[];
  volatile: number;
  /** How often either side was asked again, while work went on, until it showed what was recorded. */
  repeats: number;
  left: Answer;
  right: Answer;
  /** What either side sent to the model; undefined where it was not seen. */
  calls?: { left: ModelCallSeen[]; right: ModelCallSeen[] } | undefined;
}

/** A difference between the recording and legacy, and what a second fresh legacy says of it. */
export interface Noise {
  recording: string;
  index: number;
  request: string;
  /** Places in which two runs of legacy differ: no volatile rule covers them. Empty: legacy agrees with itself. */
  unexplained: string[];
}

/** What became of one recorded exchange. */
export interface ExchangeOutcome {
  recording: string;
  index: number;
  route: RouteKey;
  /** `untested`: the new backend has no such route yet, or would not be given such a path. */
  outcome: Verdict | 'untested';
  compared: Compared[];
}
