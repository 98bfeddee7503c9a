/** `GET /api/health`. */
import type { Operation, Result } from '../handler.ts';

export interface HealthOptions {
  /** Whether LlamaParse can be used. */
  llamaParse: boolean;
}

export function health({ llamaParse }: HealthOptions) {
  return (_request: unknown, { now }: Pick<Operation, 'now'>): Result => ({
    status: 200,
    json: { status: 'healthy', timestamp: now(), llamaparse: llamaParse ? 'available' : 'unavailable' },
  });
}
