/** The text of the register of accepted divergences. */

import type { JsonPlace } from '@banyan/route-table/route-table.ts';
import { parse } from 'yaml';
import { z } from 'zod';
import type { AcceptedRule } from './accept.ts';

const place = z.custom<JsonPlace>(
  (value) => typeof value === 'string' && value.startsWith('$'),
  'must begin with $',
);
const names = z.array(z.string());
const expression = z.string().refine(isExpression, 'is no regular expression');
const shape = z.strictObject({
  has: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()])).optional(),
  present: names.optional(),
  absent: names.optional(),
  times: names.optional(),
  matches: z.record(z.string(), expression).optional(),
});
const side = { on: z.enum(['left', 'right']).optional() };
const status = z.array(z.int().min(100).max(599)).min(1);
const rule = z
  .strictObject({
    name: z.string().min(1),
    reason: z.string().min(20, 'must say why, in a sentence'),
    owner: z.string().min(1),
    expires: z.iso.date(),
    route: z.string().min(1),
    places: names.default([]),
    holds: z
      .array(
        z.union([
          z.strictObject({ ...side, at: place, oneOf: z.array(shape).min(1) }),
          z.strictObject({ ...side, at: place, isLengthOf: z.array(place).min(1) }),
        ]),
      )
      .optional(),
    target: expression.optional(),
    kinds: z.array(z.string().min(1)).optional(),
    statuses: z.strictObject({ left: status, right: status }).optional(),
    otherMoments: z.boolean().optional(),
    workedOut: z.boolean().optional(),
    quirk: z.string().optional(),
    unlessRetired: z.string().optional(),
    dependsOnTiming: z.boolean().optional(),
  })
  .refine(
    ({ places, otherMoments, workedOut }) => places.length > 0 || otherMoments || workedOut,
    'names no place',
  )
  .refine(({ workedOut, quirk }) => !workedOut || quirk !== undefined, 'is worked out, and names no quirk');
const register = z.strictObject({ rules: z.array(rule) });

function isExpression(text: string): boolean {
  try {
    new RegExp(text);
    return true;
  } catch {
    return false;
  }
}

/**
 * @param path of the text, for messages
 * @throws Error that names the file and everything that is wrong in it
 */
export function parseAccepted(text: string, path: string): AcceptedRule[] {
  const parsed = register.safeParse(parse(text));
  if (!parsed.success)
    throw new Error(
      `${path} cannot be used:\n${parsed.error.issues.map((issue) => `  ${issue.path.join('.')}: ${issue.message}`).join('\n')}`,
    );
  // Absent, not undefined, is what the comparator's types say.
  return JSON.parse(JSON.stringify(parsed.data.rules)) as AcceptedRule[];
}
