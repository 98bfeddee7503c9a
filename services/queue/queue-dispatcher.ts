/** Sends dispatches through BullMQ. */

import { traced } from '@banyan/operations/tracing/spans.ts';
import type { Dispatch } from '../jobs/store.ts';
import { type QueueBackend, queueName } from './backends/backend.ts';
import type { Dispatcher } from './dispatcher.ts';
import { type Log, Outage } from './log.ts';
import { messaging } from './messaging.ts';

export interface QueueDispatcher extends Dispatcher {
  /** Never throws. What does not get through stays in the database, and is sent again. */
  send(dispatches: readonly Dispatch[]): Promise<void>;
}

export function queueDispatcher(backend: QueueBackend, log: Log): QueueDispatcher {
  const outage = new Outage(log, {
    away: `The queue in ${backend.name} cannot be reached; uploads wait in the database meanwhile.`,
    back: `The queue in ${backend.name} can be reached again.`,
  });
  const sending = new Set<Promise<void>>();
  const send = async (dispatches: readonly Dispatch[]) => {
    try {
      if (!backend.ready()) throw new Error('not connected');
      await backend.send(dispatches);
      outage.ended();
    } catch (error) {
      outage.began(error);
    }
  };
  const dispatcher: QueueDispatcher = {
    send(dispatches) {
      const sent = dispatches.length > 0 ? send(dispatches) : Promise.resolve();
      sending.add(sent);
      return sent.finally(() => sending.delete(sent));
    },
    dispatch(dispatch) {
      const options = { kind: 'producer', attributes: messaging('send', dispatch) } as const;
      void traced(`send ${queueName}`, options, () => dispatcher.send([dispatch]));
    },
    async close() {
      await Promise.all(sending);
    },
  };
  return dispatcher;
}
