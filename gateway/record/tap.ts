/** What a recording is told of one exchange, as it happens. */
import type { BackendName, RouteKey } from '@banyan/route-table/route-table.ts';

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
  /**
   * Who answered. The gateway's own answers are not recorded: its faults are listed as left out, its pages are no part
   * of the application.
   */
  backend: BackendName | 'gateway';
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

/** For an exchange that is not recorded. */
export const tapNothing: ExchangeTap = {
  requestBody() {},
  requestEnd() {},
  response() {},
  responseBody() {},
  end() {},
  aborted() {},
};
