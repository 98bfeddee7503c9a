/** Backends that the suite asks, and what keeps track of those that it started. */
import type { RouteKey } from '@banyan/route-table/route-table.ts';
import type { ModelCallSource } from './replay/model-log.ts';

/** A backend that answers, in a fresh state. */
export interface RunningBackend {
  url: string;
  /** The routes that it has; undefined: all of them. */
  implements?: ReadonlySet<RouteKey> | undefined;
  /** Whether the gateway would ever let it serve this target; undefined: all of them. */
  mayServe?: ((target: string) => boolean) | undefined;
  /** How its clock writes a moment; undefined where its zone is not known. */
  clock?: ((moment: number) => string) | undefined;
  /** What it sends to the model; undefined where nobody sees it: then prompts are not compared. */
  modelCalls?: ModelCallSource | undefined;
  close(): Promise<void>;
}

/** @param state folder of the legacy app's files to start from; undefined: nothing */
export type StartBackend = (state?: string | undefined) => Promise<RunningBackend>;

/** Someone else runs it: the suite takes it as it is, resets nothing in it, and does not know its clock's zone. */
export function runningElsewhere(url: string, modelCalls?: ModelCallSource): () => Promise<RunningBackend> {
  return async () => ({ url, modelCalls, close: async () => {} });
}
