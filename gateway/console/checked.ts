/** What is asked of the console, against its schema. */
import type { z } from 'zod';
import { BanyanError } from '../errors.ts';

/** @throws BanyanError `console_request`, with everything that is wrong */
export function checked<T>(schema: z.ZodType<T>, value: unknown): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map((issue) => `${issue.path.join('.') || 'it'}: ${issue.message}`);
  throw new BanyanError('console_request', { reason: faults.join('; ') });
}
