/** `GET /api/health`. */
import type { Handler } from '../handler.ts';
import { localTimestamp } from '../wire/time.ts';

export interface HealthOptions {
  /** Whether LlamaParse can be used. */
  llamaParse: boolean;
}

export function health({ llamaParse }: HealthOptions): Handler {
  return (_request, { now }) => ({
    status: 200,
    json: {
      status: 'healthy',
      timestamp: localTimestamp(now()),
      llamaparse: llamaParse ? 'available' : 'unavailable',
    },
  });
}
