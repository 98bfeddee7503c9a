/** The queue in a trace: https://opentelemetry.io/docs/specs/semconv/messaging/messaging-spans/ */
import type { Attributes } from '@banyan/operations/tracing/spans.ts';
import type { Dispatch } from '../jobs/store.ts';
import { queueName } from './backends/backend.ts';

export const messaging = (type: 'send' | 'process', { jobId, attempt }: Dispatch): Attributes => ({
  'messaging.system': 'bullmq',
  'messaging.destination.name': queueName,
  'messaging.operation.type': type,
  'messaging.operation.name': type,
  'messaging.message.id': `${jobId}-${attempt}`,
  'banyan.attempt': attempt,
});
