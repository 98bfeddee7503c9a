/** What requests to legacy show of it by the way: that it is used, that its connections fail, and what it still knows. */
import type { RouteKey } from '@banyan/route-table/route-table.ts';
import type { Backend } from '../../backends/backend.ts';
import { BanyanError } from '../../errors.ts';

export interface Seen {
  route: RouteKey;
  /** As legacy got it. */
  target: string;
  status: number;
}

export interface SignsListener {
  /** A connection was refused, or ended before the answer. */
  fault(isRefused: boolean): void;
  answered(seen: Seen): void;
}

export class Signs {
  #listener: SignsListener | undefined;
  #isUsed = false;

  listen(listener: SignsListener): void {
    this.#listener = listener;
  }

  /** Whether legacy was asked anything since this was last called. */
  takeUse(): boolean {
    const isUsed = this.#isUsed;
    this.#isUsed = false;
    return isUsed;
  }

  /** The same backend, whose requests are seen. */
  around(legacy: Backend): Backend {
    return {
      name: legacy.name,
      send: async (request, signal) => {
        this.#isUsed = true;
        try {
          const answer = await legacy.send(request, signal);
          if (request.route !== undefined)
            this.#listener?.answered({
              route: request.route,
              target: request.target,
              status: answer.status,
            });
          return answer;
        } catch (error) {
          if (isFault(error)) this.#listener?.fault(isRefused(error));
          throw error;
        }
      },
      close: () => legacy.close(),
    };
  }
}

const isFault = (error: unknown) =>
  error instanceof BanyanError && (error.code === 'backend_unreachable' || error.code === 'backend_failed');

const isRefused = (error: unknown) =>
  error instanceof BanyanError && (error.cause as NodeJS.ErrnoException | undefined)?.code === 'ECONNREFUSED';
